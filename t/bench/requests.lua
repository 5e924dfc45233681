-- Requests for wrk; BENCH_OPERATION says which.  Used by bench.pl, which sets
-- the environment: BENCH_PATH (prefix), BENCH_TOKEN, BENCH_IDS (file of
-- "id name" lines), BENCH_BODY (template), BENCH_TAG (new for each run).
--
-- Requests that only read are made beforehand, so that wrk takes as little of
-- the machine as it can.

local operation = os.getenv("BENCH_OPERATION")
local path = os.getenv("BENCH_PATH")
local tag = os.getenv("BENCH_TAG")
local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
    ["Content-Type"] = "application/scim+json"
}

local template = io.open(os.getenv("BENCH_BODY")):read("*a")
local ids, names, ready = {}, {}, {}
local n = 0

for line in io.lines(os.getenv("BENCH_IDS")) do
    local id, name = line:match("^(%S+) (%S+)$")
    ids[#ids + 1] = id
    names[#names + 1] = name
end

local function body(name, title)
    return (template:gsub("@NAME@", name):gsub("@TITLE@", title))
end

local make = {
    ref = function()
        return wrk.format("GET", "/ref")
    end,

    get = function(i)
        return wrk.format("GET", path .. "/Users/" .. ids[i], headers)
    end,

    filter = function(i)
        return wrk.format("GET", path .. "/Users?filter=userName%20eq%20%22"
                          .. names[i] .. "%22", headers)
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

    put = function(i)
        n = n + 1
        return wrk.format("PUT", path .. "/Users/" .. ids[i], headers,
                          body(names[i], "Engineer " .. tag .. n))
    end
}

-- reads and writes as they come in a long run
make.mixed = function(i)
    local x = math.random(100)

    if x <= 60 then return make.get(i) end
    if x <= 80 then return make.filter(i) end
    if x <= 90 then return make.put(i) end
    if x <= 99 then return make.post(i) end

    return make.list(i)
end

local prepared = { ref = 1, list = 1, get = 20000, filter = 20000 }

function init()
    math.randomseed(os.time())

    for k = 1, prepared[operation] or 0 do
        ready[k] = make[operation](math.random(#ids))
    end
end

if prepared[operation] then
    request = function()
        return ready[math.random(#ready)]
    end
else
    request = function()
        return make[operation](math.random(#ids))
    end
end
