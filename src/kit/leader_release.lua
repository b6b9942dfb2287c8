-- Ends a node's leadership, if it has it.
--
-- KEYS: 1 leader
-- ARGV: 1 node

if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
