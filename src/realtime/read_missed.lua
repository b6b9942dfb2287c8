-- Reads what followed in some rooms.
--
-- KEYS: 1 state, 2 tails
-- ARGV: 1 epoch, 2 stream prefix, 3 how many events at most, then for each room its name and the number to read after
-- Returns {0} in another epoch, else {1, the counter, {for each room its entries after that number, or 0 where they are
-- not all there}}.

local found = redis.call('HMGET', KEYS[1], 'epoch', 'number')
if found[1] ~= ARGV[1] then return {0} end
local number, left = tonumber(found[2]), tonumber(ARGV[3])
local floor = redis.call('ZSCORE', KEYS[2], '')
local rooms = {}
for i = 4, #ARGV, 2 do
  local room, after = ARGV[i], tonumber(ARGV[i + 1])
  local tail = redis.call('ZSCORE', KEYS[2], room)
  local told = 0
  if not floor or after > number then
    told = 0
  elseif tonumber(tail or floor) <= after then
    told = {}
  elseif tail then
    local entries = redis.call('XRANGE', ARGV[2] .. ARGV[1] .. ':' .. room, '(' .. ARGV[i + 1] .. '-0', '+',
      'COUNT', left + 1)
    local whole = #entries > 0 and #entries <= left
      and tonumber(entries[1][2][4]) <= after
      and entries[#entries][1] == tail .. '-0'
    if whole then
      told = entries
      left = left - #entries
    end
  end
  rooms[#rooms + 1] = told
end
return {1, number, rooms}
