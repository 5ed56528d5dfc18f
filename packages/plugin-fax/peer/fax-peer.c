/* A fax machine of somebody else's making: libspandsp's T.30 and T.38 behind plain UDPTL or a minimal SIP.
 * For tests on loopback only. Tells what happens in JSON lines on stdout.
 *
 *   fax-peer MODE ROLE FILE [key=value...]
 *     MODE   udptl   local=PORT remote=PORT
 *            call    sip=PORT to=NUMBER [from=NUMBER] [keys=2,4,1 after=MS each=MS] [reinvite=MS]
 *            answer  local=PORT [reinvite=MS] [refuse=1]  (reinvite: who is called switches to T.38, default after 500 ms)
 *     ROLE   send | receive    whose T.30 role: send is the calling terminal
 *     FILE   TIFF to send, or to write
 *     more   fast=1 (no pacing) ecm=0 log=1 ident=TEXT seconds=N (give up after, default 180) */
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include <spandsp.h>
#include "udptl.h"

static char **options;
static int option_count;
static udptl_t udptl;
static int udptl_socket = -1;
static struct sockaddr_in udptl_peer;
static t38_terminal_state_t *terminal;
static int finished;
static int role_send;
static const char *file;
static double started;

static const char *option(const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 0; i < option_count; i++)
        if (strncmp(options[i], name, length) == 0 && options[i][length] == '=') return options[i] + length + 1;
    return otherwise;
}

static int number(const char *name, int otherwise)
{
    const char *text = option(name, NULL);
    return text == NULL ? otherwise : atoi(text);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
}

static int open_udp(int port, int *bound)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(fd, (struct sockaddr *) &address, sizeof address) != 0) {
        perror("bind");
        exit(2);
    }
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *) &address, &size);
    if (bound != NULL) *bound = ntohs(address.sin_port);
    return fd;
}

/* ---- fax ---- */

static int send_ifp(t38_core_state_t *core, void *user, const uint8_t *ifp, int length, int count)
{
    uint8_t datagram[8192];
    int size = udptl_build(&udptl, ifp, length, datagram);
    for (int i = 0; i < (count > 0 ? count : 1); i++) sendto(udptl_socket, datagram, size, 0, (struct sockaddr *) &udptl_peer, sizeof udptl_peer);
    (void) core;
    (void) user;
    return 0;
}

static void take_ifp(void *user, const uint8_t *ifp, int length, uint16_t sequence)
{
    (void) user;
    t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(terminal), ifp, length, sequence);
}

static void phase_e(t30_state_t *t30, void *user, int code)
{
    t30_stats_t stats;
    (void) user;
    t30_get_transfer_statistics(t30, &stats);
    const char *ident = t30_get_rx_ident(t30);
    tell("{\"event\":\"fax-done\",\"code\":%d,\"text\":\"%s\",\"pages\":%d,\"ecm\":%d,\"rate\":%d,\"encoding\":%d,\"retries\":%d,\"remote\":\"%s\"}", code, t30_completion_code_to_str(code),
         role_send ? stats.pages_tx : stats.pages_rx, stats.error_correcting_mode, stats.bit_rate, stats.encoding, stats.error_correcting_mode_retries, ident == NULL ? "" : ident);
    finished = 1;
}

static void begin_fax(void)
{
    if (terminal != NULL) return;
    terminal = t38_terminal_init(NULL, role_send, send_ifp, NULL);
    t30_state_t *t30 = t38_terminal_get_t30_state(terminal);
    t38_core_state_t *core = t38_terminal_get_t38_core_state(terminal);
    t38_set_t38_version(core, number("version", 0));
    t38_set_data_rate_management_method(core, 2);
    if (number("fast", 0)) t38_terminal_set_config(terminal, T38_TERMINAL_OPTION_NO_PACING);
    t30_set_tx_ident(t30, option("ident", "111222"));
    t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION | (number("t6", 1) ? T30_SUPPORT_T6_COMPRESSION : 0));
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_A4_LENGTH | T30_SUPPORT_B4_LENGTH | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_ecm_capability(t30, number("ecm", 1));
    if (role_send) t30_set_tx_file(t30, file, -1, -1);
    else {
        t30_set_rx_file(t30, file, -1);
        t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    }
    t30_set_phase_e_handler(t30, phase_e, NULL);
    if (number("log", 0)) {
        int level = SPAN_LOG_SHOW_SEVERITY | SPAN_LOG_SHOW_PROTOCOL | SPAN_LOG_SHOW_TAG | SPAN_LOG_FLOW;
        span_log_set_level(t30_get_logging_state(t30), level);
        span_log_set_level(t38_terminal_get_logging_state(terminal), level);
        span_log_set_level(t38_core_get_logging_state(core), level);
    }
    tell("{\"event\":\"t38\"}");
}

/* ---- SIP, as little of it as a call needs ---- */

static int sip_socket = -1, sip_port, rtp_socket = -1, rtp_port, udptl_port;
static struct sockaddr_in sip_peer;
static char call_id[64], local_tag[32], remote_tag[128], local_uri[128], remote_uri[128], remote_contact[256];
static int local_sequence = 1, established, ended, bye_sent;
static int pending_reinvite;
static int dialog_caller;

static const char *header(const char *message, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    for (const char *line = message; line != NULL && line[0] != '\0'; line = strstr(line, "\r\n") == NULL ? NULL : strstr(line, "\r\n") + 2) {
        if (strncmp(line, "\r\n", 2) == 0) break;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
        const char *value = line + length + 1;
        while (*value == ' ') value++;
        size_t take = strcspn(value, "\r\n");
        if (take >= size) take = size - 1;
        memcpy(out, value, take);
        out[take] = '\0';
        return out;
    }
    out[0] = '\0';
    return NULL;
}

static void to_peer(const char *text)
{
    if (number("siplog", 0)) fprintf(stderr, ">>> %s\n", text);
    sendto(sip_socket, text, strlen(text), 0, (struct sockaddr *) &sip_peer, sizeof sip_peer);
}

static void description(int image, char *out, size_t size)
{
    int length = snprintf(out, size, "v=0\r\no=peer 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n", image ? 2 : 1);
    if (image)
        snprintf(out + length, size - length,
                 "m=audio 0 RTP/AVP 8\r\nm=image %d udptl t38\r\na=T38FaxVersion:%d\r\na=T38MaxBitRate:14400\r\na=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:2000\r\na=T38FaxMaxDatagram:800\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n",
                 udptl_port, number("version", 0));
    else snprintf(out + length, size - length, "m=audio %d RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n", rtp_port);
}

static void request(const char *method, int sequence, const char *type, const char *body)
{
    char text[4096];
    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK%s%d%d\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=%s\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:peer@127.0.0.1:%d>\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
             method, remote_contact, sip_port, method, sequence, rand(), local_uri, local_tag, remote_uri, remote_tag[0] ? ";tag=" : "", remote_tag, call_id, sequence, method, sip_port,
             type == NULL ? "" : "Content-Type: ", type == NULL ? "" : type, type == NULL ? "" : "\r\n", strlen(body), body);
    to_peer(text);
}

static void respond(const char *message, int status, const char *reason, const char *body)
{
    char text[8192], value[1024];
    int length = snprintf(text, sizeof text, "SIP/2.0 %d %s\r\n", status, reason);
    /* Every Via, in order. */
    for (const char *line = message; (line = strstr(line, "\r\n")) != NULL && strncmp(line, "\r\n\r\n", 4) != 0;) {
        line += 2;
        if (strncasecmp(line, "Via:", 4) == 0) length += snprintf(text + length, sizeof text - length, "%.*s\r\n", (int) strcspn(line, "\r\n"), line);
    }
    length += snprintf(text + length, sizeof text - length, "From: %s\r\n", header(message, "From", value, sizeof value));
    header(message, "To", value, sizeof value);
    length += snprintf(text + length, sizeof text - length, "To: %s%s%s\r\n", value, strstr(value, "tag=") || status == 100 ? "" : ";tag=", strstr(value, "tag=") || status == 100 ? "" : local_tag);
    length += snprintf(text + length, sizeof text - length, "Call-ID: %s\r\n", header(message, "Call-ID", value, sizeof value));
    length += snprintf(text + length, sizeof text - length, "CSeq: %s\r\n", header(message, "CSeq", value, sizeof value));
    snprintf(text + length, sizeof text - length, "Contact: <sip:peer@127.0.0.1:%d>\r\n%sContent-Length: %zu\r\n\r\n%s", sip_port, body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    to_peer(text);
}

/* Whether the message describes T.38; then the far end's UDPTL port is noted. */
static int takes_image(const char *message)
{
    const char *line = strstr(message, "m=image ");
    int port = line == NULL ? 0 : atoi(line + 8);
    if (port == 0) return 0;
    udptl_peer = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    return 1;
}

static void learn_peer(const char *message, const char *name)
{
    char value[512];
    header(message, name, value, sizeof value);
    const char *tag = strstr(value, ";tag=");
    if (tag != NULL) snprintf(remote_tag, sizeof remote_tag, "%.*s", (int) strcspn(tag + 5, ";> "), tag + 5);
    header(message, "Contact", value, sizeof value);
    const char *uri = strchr(value, '<');
    if (uri != NULL) snprintf(remote_contact, sizeof remote_contact, "%.*s", (int) strcspn(uri + 1, ">"), uri + 1);
}

static void bye(void)
{
    if (!established || ended || bye_sent) return;
    bye_sent = 1;
    request("BYE", ++local_sequence, NULL, "");
}

static void on_request(const char *message)
{
    char body[1024], value[512];
    if (strncmp(message, "INVITE ", 7) == 0) {
        if (!established && !dialog_caller) {
            header(message, "Call-ID", call_id, sizeof call_id);
            header(message, "From", value, sizeof value);
            const char *uri = strchr(value, '<');
            snprintf(remote_uri, sizeof remote_uri, "%.*s", uri == NULL ? (int) strcspn(value, ";") : (int) strcspn(uri + 1, ">"), uri == NULL ? value : uri + 1);
            header(message, "To", value, sizeof value);
            uri = strchr(value, '<');
            snprintf(local_uri, sizeof local_uri, "%.*s", uri == NULL ? (int) strcspn(value, ";") : (int) strcspn(uri + 1, ">"), uri == NULL ? value : uri + 1);
            learn_peer(message, "From");
            tell("{\"event\":\"ringing\",\"to\":\"%s\",\"from\":\"%s\"}", local_uri, remote_uri);
            if (number("busy", 0) > 0) {
                respond(message, 486, "Busy Here", "");
                return;
            }
            respond(message, 180, "Ringing", "");
            description(0, body, sizeof body);
            respond(message, 200, "OK", body);
            return;
        }
        if (takes_image(message)) {
            if (number("refuse", 0)) {
                respond(message, 488, "Not Acceptable Here", "");
                tell("{\"event\":\"refused-t38\"}");
                return;
            }
            description(1, body, sizeof body);
            respond(message, 200, "OK", body);
            begin_fax();
        } else {
            description(0, body, sizeof body);
            respond(message, 200, "OK", body);
            if (established) tell("{\"event\":\"audio\"}");
        }
    } else if (strncmp(message, "ACK ", 4) == 0) {
        if (!established) tell("{\"event\":\"established\"}");
        if (!established) started = now();
        established = 1;
    } else if (strncmp(message, "BYE ", 4) == 0) {
        respond(message, 200, "OK", "");
        ended = 1;
        tell("{\"event\":\"bye\"}");
    } else if (strncmp(message, "CANCEL ", 7) == 0) {
        respond(message, 200, "OK", "");
        ended = 1;
    } else respond(message, 200, "OK", "");
}

static void on_response(const char *message)
{
    char sequence[64];
    int status = atoi(message + 8);
    header(message, "CSeq", sequence, sizeof sequence);
    if (strstr(sequence, "BYE") != NULL && status >= 200) ended = 1;
    if (strstr(sequence, "INVITE") == NULL || status < 200) return;
    if (status < 300) learn_peer(message, "To");
    request("ACK", atoi(sequence), NULL, "");
    if (!established) {
        if (status >= 300) {
            tell("{\"event\":\"refused\",\"status\":%d}", status);
            ended = 1;
            return;
        }
        established = 1;
        started = now();
        tell("{\"event\":\"established\"}");
    } else if (pending_reinvite) {
        pending_reinvite = 0;
        tell("{\"event\":\"reinvite-answered\",\"status\":%d}", status);
        if (status < 300 && takes_image(message)) begin_fax();
    }
}

static void sip_call(void)
{
    char body[1024];
    dialog_caller = 1;
    sip_peer = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(number("sip", 5060)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    snprintf(call_id, sizeof call_id, "%d-%d@peer", (int) getpid(), rand());
    snprintf(local_uri, sizeof local_uri, "sip:%s@127.0.0.1", option("from", "057188886666"));
    snprintf(remote_uri, sizeof remote_uri, "sip:%s@127.0.0.1:%d", option("to", "12333"), number("sip", 5060));
    snprintf(remote_contact, sizeof remote_contact, "%s", remote_uri);
    description(0, body, sizeof body);
    request("INVITE", local_sequence, "application/sdp", body);
}

static void press(char key)
{
    char body[64];
    snprintf(body, sizeof body, "Signal=%c\r\nDuration=160\r\n", key);
    request("INFO", ++local_sequence, "application/dtmf-relay", body);
}

static void reinvite(void)
{
    char body[1024];
    description(1, body, sizeof body);
    pending_reinvite = 1;
    request("INVITE", ++local_sequence, "application/sdp", body);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "see the head of fax-peer.c\n");
        return 2;
    }
    const char *mode = argv[1];
    role_send = strcmp(argv[2], "send") == 0;
    file = argv[3];
    options = argv + 4;
    option_count = argc - 4;
    srand((unsigned) getpid());
    snprintf(local_tag, sizeof local_tag, "peer%d", rand());
    int plain = strcmp(mode, "udptl") == 0;
    udptl_socket = open_udp(plain ? number("local", 0) : 0, &udptl_port);
    if (plain) {
        udptl_peer = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(number("remote", 0)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        begin_fax();
    } else {
        rtp_socket = open_udp(0, &rtp_port);
        sip_socket = open_udp(number("local", 0), &sip_port);
        if (strcmp(mode, "call") == 0) sip_call();
    }
    tell("{\"event\":\"ready\",\"udptl\":%d,\"sip\":%d}", udptl_port, sip_port);
    const double begin = now();
    double last = begin, quiet_since = 0, next_key = 0;
    const char *keys = option("keys", "");
    started = begin;
    int reinvited = 0;
    while (!ended) {
        struct pollfd fds[3] = { { udptl_socket, POLLIN, 0 }, { sip_socket, POLLIN, 0 }, { rtp_socket, POLLIN, 0 } };
        poll(fds, plain ? 1 : 3, 10);
        uint8_t data[65536];
        if (fds[0].revents & POLLIN) {
            int length = (int) recv(udptl_socket, data, sizeof data, 0);
            if (length > 0 && terminal != NULL) udptl_receive(&udptl, data, length, take_ifp, NULL);
        }
        if (!plain && (fds[1].revents & POLLIN)) {
            socklen_t size = sizeof sip_peer;
            int length = (int) recvfrom(sip_socket, data, sizeof data - 1, 0, (struct sockaddr *) &sip_peer, &size);
            if (length > 0) {
                data[length] = '\0';
                if (number("siplog", 0)) fprintf(stderr, "<<< %s\n", (char *) data);
                if (strncmp((char *) data, "SIP/2.0 ", 8) == 0) on_response((char *) data);
                else on_request((char *) data);
            }
        }
        if (!plain && (fds[2].revents & POLLIN)) recv(rtp_socket, data, sizeof data, 0);
        double time = now();
        if (terminal != NULL && time - last >= 20) {
            t38_terminal_send_timeout(terminal, (int) ((time - last) * 8));
            last = time;
        } else if (terminal == NULL) last = time;
        if (established && terminal == NULL) {
            if (next_key == 0) next_key = started + number("after", 3000);
            if (*keys != '\0' && time >= next_key) {
                press(*keys++);
                if (*keys == ',') keys++;
                next_key = time + number("each", 1500);
            }
            if (!reinvited && number("reinvite", 0) > 0 && time - started > number("reinvite", 0)) {
                reinvited = 1;
                reinvite();
            }
        }
        if (finished) {
            /* The last frame is on its way out; then the call ends. */
            if (quiet_since == 0) quiet_since = time;
            if (time - quiet_since > number("linger", 1500)) {
                if (plain) break;
                bye();
                if (time - quiet_since > 5000) break;
            }
        }
        if (time - begin > number("seconds", 180) * 1000.0) {
            tell("{\"event\":\"gave-up\"}");
            bye();
            break;
        }
    }
    if (terminal != NULL && !finished) {
        t30_terminate(t38_terminal_get_t30_state(terminal));
    }
    if (terminal != NULL) t38_terminal_free(terminal);
    return 0;
}
