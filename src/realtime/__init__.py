"""The realtime engine: connections, rooms, fan-out over all workers. It knows nothing of radio or sport.

Everything else uses `engine.Engine`: publish, join, leave, send, disconnect. Who calls whom, top to bottom:

    engine                    puts the parts together; what features use
      lifecycle               a connection's life, as the Socket.IO server reports it
        admission             who stands behind a client, and whether it goes on where another one was cut
        resumption            its rooms, and what it has missed, sent again
        recovery              the sessions of cut connections, over all workers
        observers             those who are told that connections come and go (`ports`)
      fanout                  one event to all local members of a room
      closing                 connections are told why and closed; resync after a gap; draining
      session_expiry          warned before a session ends, closed when it does
      connections             the local connections by id, and by room (`room_members`)

    socketio                  one client's packets, one after another (`socketio_packets`)
      engineio_server         all connections of the worker; whether there is room for another one
        engineio_socket       one connection: heartbeat, inbound rate, closing (`engineio_packets`)
          backpressure        what is kept for a slow peer, and when a slow socket is cut
          websocket           frames: bytes in, messages out
        upgrade               from polling to a WebSocket
        address_counts, descriptors, timers, transport_limits
    connection_protocol       every TCP connection: HTTP for uvicorn, WebSockets for `engineio_server`
      http_framing            where requests begin and end, and how long their parts may be
      close_delimited         answers that end with their connection
      write_timeout           peers that do not read their answers
      handover                a connection goes to the worker that has its session
      refusals                what those who are refused are answered
    polling                   Engine.IO by HTTP requests

    backplane                 all workers through one Redis: the listening connection
      order_tracker           pure: messages in; deliver, gap, reopen out
      room_subscriptions      the rooms that this worker hears
      missed_events           replay: what a returning client has missed
        history               what Redis keeps, and the newest in memory
      publisher               the publishing connection; `publish.lua`
        open_epoch            what each connection to Redis begins with
        redis_link            one pipelined connection
        redis_keys            keys and scripts
    lineage                   whether the database is still the one whose events Redis has numbered

    controllers               GET /api/events
      sse                     server-sent events from the same rooms, history and offsets
      last_event_id           where a reader says that it was

`contracts` has what the engine itself says to clients, `offsets` the places in the order, `ports` what it needs of
others. That Socket.IO and a Redis channel for each room carry all of it is not visible outside this package. Words:
docs/reference/glossary.md; what is promised: docs/realtime.md.
"""
