-- Requests for wrk, made one by one; BENCH_OPERATION says which.  Used by
-- bench.pl, which sets the environment: BENCH_PATH (prefix), BENCH_TOKEN,
-- BENCH_IDS (file of "id name" lines), BENCH_TAG (new for each run).

local operation = os.getenv("BENCH_OPERATION")
local path = os.getenv("BENCH_PATH")
local tag = os.getenv("BENCH_TAG")
local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
    ["Content-Type"] = "application/scim+json"
}

local ids, names = {}, {}
local n = 0

for line in io.lines(os.getenv("BENCH_IDS")) do
    local id, name = line:match("^(%S+) (%S+)$")
    ids[#ids + 1] = id
    names[#names + 1] = name
end

local template = io.open(os.getenv("BENCH_BODY")):read("*a")

local function body(name, title)
    return (template:gsub("@NAME@", name):gsub("@TITLE@", title))
end

local make = {
    ref = function()
        return wrk.format("GET", "/ref")
    end,

    get = function()
        return wrk.format("GET", path .. "/Users/" .. ids[math.random(#ids)],
                          headers)
    end,

    filter = function()
        return wrk.format("GET", path .. "/Users?filter=userName%20eq%20%22"
                          .. names[math.random(#names)] .. "%22", headers)
    end,

    list = function()
        return wrk.format("GET", path .. "/Users?startIndex=1&count=100",
                          headers)
    end,

    post = function()
        n = n + 1
        return wrk.format("POST", path .. "/Users", headers,
                          body("new-" .. tag .. "-" .. n .. "@example.com",
                               "Engineer"))
    end,

    put = function()
        n = n + 1
        local i = math.random(#ids)
        return wrk.format("PUT", path .. "/Users/" .. ids[i], headers,
                          body(names[i], "Engineer " .. tag .. n))
    end
}

-- reads and writes as they come in a long run
make.mixed = function()
    local x = math.random(100)

    if x <= 60 then return make.get() end
    if x <= 80 then return make.filter() end
    if x <= 90 then return make.put() end
    if x <= 99 then return make.post() end

    return make.list()
end

function init()
    math.randomseed(os.time())
end

request = make[operation]
