-- Makes a node the leader, or lets it stay that.
--
-- KEYS: 1 leader
-- ARGV: 1 node, 2 milliseconds
-- Returns 0 where another one is.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
