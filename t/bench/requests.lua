-- Requests for wrk; BENCH_OPERATION says which.  Used by bench.pl, which sets
-- the environment, and by writes.pl: BENCH_PATH (prefix), BENCH_TOKEN (or
-- several, a line each, for "post"), BENCH_IDS (file of "id name" lines),
-- BENCH_BODY (template), BENCH_TAG (new for each run), BENCH_GROUP (id) and
-- BENCH_CURSOR for the rows that need one.
--
-- Requests that only read are made beforehand, so that wrk takes as little of
-- the machine as it can.

local operation = os.getenv("BENCH_OPERATION")
local path = os.getenv("BENCH_PATH")
local tag = os.getenv("BENCH_TAG")
local group = os.getenv("BENCH_GROUP")
local cursor = os.getenv("BENCH_CURSOR")
local all = {}

for token in os.getenv("BENCH_TOKEN"):gmatch("[^\n]+") do
    all[#all + 1] = {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/scim+json"
    }
end

local headers = all[1]

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
        return wrk.format("POST", path .. "/Users", all[n % #all + 1],
                          body("new-" .. tag .. "-" .. n .. "@example.com",
                               "Engineer"))
    end,

    put = function(i)
        n = n + 1
        return wrk.format("PUT", path .. "/Users/" .. ids[i], headers,
                          body(names[i], "Engineer " .. tag .. n))
    end
}

local patch_op = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
                 .. "PatchOp\"],\"Operations\":[%s]}"

make.patch = function(i)
    n = n + 1
    return wrk.format("PATCH", path .. "/Users/" .. ids[i], headers,
                      patch_op:format("{\"op\":\"replace\",\"path\":\"title\","
                                      .. "\"value\":\"T " .. tag .. n .. "\"}"))
end

-- one of those who are in none of the groups goes in, and out again
local member

make.member = function()
    local op

    if member then
        op = "{\"op\":\"remove\",\"path\":\"members[value eq \\\"" .. member
             .. "\\\"]\"}"
        member = nil

    else
        member = ids[math.random(100001, #ids)]
        op = "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\""
             .. member .. "\"}]}"
    end

    return wrk.format("PATCH", path .. "/Groups/" .. group
                      .. "?excludedAttributes=members", headers,
                      patch_op:format(op))
end

make.member10 = make.member
make.member1000 = make.member
make.member100000 = make.member

-- Entra asks so whether somebody is in a group
make.probe = function(i)
    return wrk.format("GET", path .. "/Groups?attributes=id&filter=id%20eq%20"
                      .. "%22" .. group .. "%22%20and%20members%20eq%20%22"
                      .. ids[i] .. "%22", headers)
end

make.index = function()
    return wrk.format("GET", path .. "/Users?count=100&startIndex="
                      .. math.floor(#ids / 2), headers)
end

make.cursor = function()
    return wrk.format("GET", path .. "/Users?count=100&cursor=" .. cursor,
                      headers)
end

make.deep = make.cursor

make.bulk = function()
    local ops = {}

    for k = 1, 100 do
        n = n + 1
        ops[k] = "{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"" .. k
                 .. "\",\"data\":" .. body("bulk-" .. tag .. "-" .. n
                                          .. "@example.com", "Engineer") .. "}"
    end

    return wrk.format("POST", path .. "/Bulk", headers,
                      "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
                      .. "BulkRequest\"],\"Operations\":["
                      .. table.concat(ops, ",") .. "]}")
end

-- reads and writes as they come in a long run
make.mixed = function(i)
    local x = math.random(100)

    if x <= 60 then return make.get(i) end
    if x <= 80 then return make.filter(i) end
    if x <= 90 then return make.put(i) end
    if x <= 99 then return make.post(i) end

    return make.list(i)
end

local prepared = { ref = 1, list = 1, get = 20000, filter = 20000,
                   probe = 20000, index = 1, cursor = 1, deep = 1 }

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
