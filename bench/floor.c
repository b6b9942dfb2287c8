/* The floor: accepts connections, answers the WebSocket handshake, then one bare send(2) for each of them.
 *
 * Usage: floor PORT CONNECTIONS. Every line on standard input is one text message to all. Ends when standard input
 * does, and by itself after 20 minutes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 65536, EVENTS = 256 };

static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) die("epoll_ctl");
}

static size_t frame(char *out, const char *text, size_t size) {
    size_t head = 2;
    out[0] = (char)0x81;
    if (size < 126) {
        out[1] = (char)size;
    } else {
        out[1] = 126;
        out[2] = (char)(size >> 8);
        out[3] = (char)(size & 255);
        head = 4;
    }
    memcpy(out + head, text, size);
    return head + size;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int most = atoi(arguments[2]), joined = 0, one = 1;
    int *peers = calloc((size_t)most, sizeof *peers);
    static char line[LINE], packet[LINE + 4], request[4096];
    size_t filled = 0;
    alarm(20 * 60);

    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(arguments[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (peers == NULL || bind(door, (struct sockaddr *)&address, sizeof address) < 0 || listen(door, 4096) < 0)
        die("listen");
    int epoll = epoll_create1(0);
    watch(epoll, door);
    watch(epoll, STDIN_FILENO);
    printf("ready\n");
    fflush(stdout);

    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            int from = events[i].data.fd;
            if (from == door) {
                int peer = accept4(door, NULL, NULL, SOCK_NONBLOCK);
                if (peer < 0) continue;
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                watch(epoll, peer);
            } else if (from != STDIN_FILENO) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, from, NULL);
                if (joined == most || read(from, request, sizeof request) <= 0 ||
                    write(from, ANSWER, sizeof ANSWER - 1) < 0)
                    close(from);
                else
                    peers[joined++] = from;
            } else {
                ssize_t got = read(STDIN_FILENO, line + filled, LINE - filled);
                if (got <= 0) return 0;
                filled += (size_t)got;
                char *end = memchr(line, '\n', filled);
                if (end == NULL) {
                    if (filled == LINE) return 3;
                    continue;
                }
                size_t size = frame(packet, line, (size_t)(end - line));
                for (int p = 0; p < joined; p++) send(peers[p], packet, size, MSG_DONTWAIT | MSG_NOSIGNAL);
                filled -= (size_t)(end - line) + 1;
                memmove(line, end + 1, filled);
            }
        }
    }
}
