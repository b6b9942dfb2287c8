-- Writes what a node holds in one group, and counts its members over all nodes.
--
-- KEYS: 1 the node's connections, 2 members, 3 nodes
-- ARGV: 1 node, then connection and member for each; an empty member is one who left

local names, wanted = {}, {}
for i = 2, #ARGV, 2 do
  names[#names + 1] = ARGV[i]
  wanted[#wanted + 1] = ARGV[i + 1]
end
local old = redis.call('HMGET', KEYS[1], unpack(names))
local put, gone, delta, count = {}, {}, {}, 0
for i, name in ipairs(names) do
  local before, now = old[i] or '', wanted[i]
  if before ~= now then
    if before == '' then count = count + 1 else delta[before] = (delta[before] or 0) - 1 end
    if now == '' then
      count = count - 1
      gone[#gone + 1] = name
    else
      delta[now] = (delta[now] or 0) + 1
      put[#put + 1] = name
      put[#put + 1] = now
    end
  end
end
local function write(key)
  if #put > 0 then redis.call('HSET', key, unpack(put)) end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  put, gone = {}, {}
end
write(KEYS[1])
local members = {}
for member, change in pairs(delta) do
  if change ~= 0 then members[#members + 1] = member end
end
if #members > 0 then
  for i, known in ipairs(redis.call('HMGET', KEYS[2], unpack(members))) do
    local number = (tonumber(known) or 0) + delta[members[i]]
    if number > 0 then
      put[#put + 1] = members[i]
      put[#put + 1] = number
    else
      gone[#gone + 1] = members[i]
    end
  end
  write(KEYS[2])
end
if count ~= 0 and redis.call('HINCRBY', KEYS[3], ARGV[1], count) <= 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
return 0
