-- Takes out one batch of what a dead node held. Not HSCAN: from the start of a table that is emptied from its start it
-- finds less and less, and in the end nothing.
--
-- KEYS: 1 the node's connections, 2 members, 3 nodes
-- ARGV: 1 node, 2 how many at once
-- Returns how many are left.

local found = redis.call('HRANDFIELD', KEYS[1], ARGV[2], 'WITHVALUES')
for i = 1, #found, 2 do
  if redis.call('HDEL', KEYS[1], found[i]) == 1 then
    local member = found[i + 1]
    if redis.call('HINCRBY', KEYS[2], member, -1) <= 0 then redis.call('HDEL', KEYS[2], member) end
    if redis.call('HINCRBY', KEYS[3], ARGV[1], -1) <= 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
  end
end
local left = redis.call('HLEN', KEYS[1])
if left == 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
return left
