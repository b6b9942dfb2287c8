-- Gives a channel to a source, or says why not.
--
-- A source that finds the channel taken asks again for a while (ARGV 8: since when), before it is refused: the other
-- may be leaving. If both are the same software of the same login and address, and no sound came meanwhile, the other
-- is its former connection, which died without a word or with its worker, and gives way. What the last source named as
-- playing goes on with the same software; else it is kept apart as stale, to be taken off the air. Times are Redis'
-- own, so that the workers' clocks need not agree.
--
-- KEYS: 1 lease, 2 refused, 3 last
-- ARGV: 1 token, 2 lease ms, 3 lost ms, 4 node, 5 client, 6 content type, 7 identity, 8 asking since (Redis' ms, or 0),
--       9 asking ms, 10 leaving ms, 11 grace ms, 12 last ms
-- Returns {answer (`repository.Acquired`), milliseconds of refusal left, Redis' time}.

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local shown = string.format('%.0f', now)
local refused = redis.call('PTTL', KEYS[2])
if refused > 0 then return {2, refused, shown} end
local held = redis.call('HMGET', KEYS[1], 'token', 'lastBlockMs', 'connectedAtMs', 'identity')
local since = now
if held[1] and held[1] ~= ARGV[1] then
  local last = math.max(tonumber(held[2] or '0'), tonumber(held[3]))
  if now - last < tonumber(ARGV[3]) then
    local asked = tonumber(ARGV[8])
    if asked == 0 or now - asked < tonumber(ARGV[9]) then return {3, 0, shown} end
    if held[4] ~= ARGV[7] or last - asked >= tonumber(ARGV[10]) then return {1, 0, shown} end
    if tonumber(held[3]) > asked then return {1, 0, shown} end
  end
elseif held[1] then
  since = tonumber(held[3])
end
local before = redis.call('HMGET', KEYS[3], 'identity', 'artist', 'track', 'connectedAtMs', 'seenMs')
if since == now and before[4] then since = math.max(now, tonumber(before[4]) + 1) end
since = string.format('%.0f', since)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'node', ARGV[4], 'client', ARGV[5], 'contentType', ARGV[6],
  'identity', ARGV[7], 'connectedAtMs', since)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[3], 'identity', ARGV[7], 'connectedAtMs', since, 'seenMs', shown)
redis.call('PEXPIRE', KEYS[3], ARGV[12])
if before[1] ~= ARGV[7] or now - tonumber(before[5] or '0') > tonumber(ARGV[11]) then
  redis.call('HDEL', KEYS[3], 'artist', 'track')
  if before[3] then redis.call('HSET', KEYS[1], 'staleArtist', before[2] or '', 'staleTrack', before[3]) end
end
return {0, 0, shown}
