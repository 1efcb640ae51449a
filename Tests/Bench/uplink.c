/* uplink - the floor of an uplink: what libmosquitto makes of the same messages.
 *
 *   uplink record PORT FILE         keeps the messages of armadio/# in FILE until SIGTERM
 *   uplink count PORT               counts them until SIGTERM
 *   uplink publish PORT FILE WINDOW publishes what FILE keeps, as fast as it goes
 *
 * `publish` has topics, payloads, MQTT 5 content type and user properties, QoS 1
 * and so many messages on their way at a time as the recorded ones had. Its one
 * thread runs the library's own loop. From the first publish to the last PUBACK:
 *     {"messages": N, "bytes": N, "ns": N, "cpu_ns": N}
 * `record` and `count` print messages and bytes of payload when they are ended.
 *
 * FILE, of the machine's byte order, repeated:
 *     u32 topic, u32 content type, u32 properties, u32 payload (lengths), the four;
 *     properties are names and values, each ended by a zero byte
 */
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define PROPERTY_BYTES 4096

struct lengths { uint32_t topic, type, properties, payload; };

static volatile sig_atomic_t stop;
static void on_stop(int signal) { (void)signal; stop = 1; }

static FILE *record;
static uint64_t messages, bytes;
static int on_the_way;
static bool up, failed;

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void connected(struct mosquitto *client, void *topic, int code, int flags, const mosquitto_property *list) {
    (void)flags, (void)list;
    if (code) failed = true;
    if (topic) mosquitto_subscribe_v5(client, NULL, topic, 1, 0, NULL);
    up = true;
}

static void subscribed(struct mosquitto *client, void *topic, int id, int count, const int *granted) {
    (void)client, (void)topic, (void)id, (void)count, (void)granted;
    puts("ready");
    fflush(stdout);
}

static void settled(struct mosquitto *client, void *topic, int id, int reason, const mosquitto_property *list) {
    (void)client, (void)topic, (void)id, (void)list;
    if (reason >= 0x80) failed = true;
    on_the_way--;
}

/* Names and values of the user properties, each with its zero byte; their length. */
static uint32_t user_properties(const mosquitto_property *list, char *to) {
    uint32_t length = 0;
    for (; list; list = mosquitto_property_next(list)) {
        if (mosquitto_property_identifier(list) != MQTT_PROP_USER_PROPERTY) continue;
        char *name = NULL, *value = NULL;
        mosquitto_property_read_string_pair(list, MQTT_PROP_USER_PROPERTY, &name, &value, false);
        if (name && value && length + strlen(name) + strlen(value) + 2 <= PROPERTY_BYTES)
            length += 1 + sprintf(to + length, "%s%c%s", name, 0, value);
        free(name);
        free(value);
    }
    return length;
}

static void arrived(struct mosquitto *client, void *topic, const struct mosquitto_message *message,
                    const mosquitto_property *list) {
    (void)client, (void)topic;
    /* What is retained is no telemetry. */
    if (message->retain || !strstr(message->topic, "/telemetry")) return;
    messages++;
    bytes += message->payloadlen;
    if (!record) return;
    char properties[PROPERTY_BYTES], *type = NULL;
    mosquitto_property_read_string(list, MQTT_PROP_CONTENT_TYPE, &type, false);
    struct lengths lengths = { strlen(message->topic), type ? strlen(type) : 0,
                               user_properties(list, properties), message->payloadlen };
    fwrite(&lengths, sizeof lengths, 1, record);
    fwrite(message->topic, 1, lengths.topic, record);
    fwrite(type ? type : "", 1, lengths.type, record);
    fwrite(properties, 1, lengths.properties, record);
    fwrite(message->payload, 1, lengths.payload, record);
    free(type);
}

static struct mosquitto *open_client(const char *port, char *topic) {
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(NULL, true, topic);
    if (!client) return NULL;
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_connect_v5_callback_set(client, connected);
    return mosquitto_connect(client, "127.0.0.1", atoi(port), 60) ? NULL : client;
}

static int listen_to(const char *port) {
    struct mosquitto *client = open_client(port, "armadio/#");
    if (!client) return 1;
    mosquitto_subscribe_callback_set(client, subscribed);
    mosquitto_message_v5_callback_set(client, arrived);
    while (!stop) if (mosquitto_loop(client, 100, 1) && !stop) return 1;
    if (record) fclose(record);
    printf("{\"messages\": %llu, \"bytes\": %llu}\n", (unsigned long long)messages, (unsigned long long)bytes);
    return 0;
}

static const char *text(const char *from, uint32_t length) {
    static char copy[2][65536];
    static int turn;
    turn = !turn;
    memcpy(copy[turn], from, length < 65535 ? length : 65535);
    copy[turn][length < 65535 ? length : 65535] = 0;
    return copy[turn];
}

/* Publishes the message at `from`; where the next one is. */
static const char *publish(struct mosquitto *client, const char *from) {
    struct lengths lengths;
    memcpy(&lengths, from, sizeof lengths);
    const char *topic = from + sizeof lengths, *type = topic + lengths.topic;
    const char *pair = type + lengths.type, *payload = pair + lengths.properties;
    mosquitto_property *list = NULL;
    if (lengths.type) mosquitto_property_add_string(&list, MQTT_PROP_CONTENT_TYPE, text(type, lengths.type));
    while (pair < payload) {
        const char *value = pair + strlen(pair) + 1;
        mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY, pair, value);
        pair = value + strlen(value) + 1;
    }
    if (mosquitto_publish_v5(client, NULL, text(topic, lengths.topic), lengths.payload, payload, 1, false, list))
        failed = true;
    mosquitto_property_free_all(&list);
    on_the_way++;
    messages++;
    bytes += lengths.payload;
    return payload + lengths.payload;
}

static int publish_all(const char *port, const char *path, int window) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) return 1;
    const char *next = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    struct mosquitto *client = open_client(port, NULL);
    if (next == MAP_FAILED || !client) return 1;
    mosquitto_publish_v5_callback_set(client, settled);
    mosquitto_max_inflight_messages_set(client, window);
    while (!up) if (mosquitto_loop(client, 100, 1)) return 1;
    const char *end = next + status.st_size;
    uint64_t began = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    while ((next < end || on_the_way) && !failed) {
        while (next < end && on_the_way < window) next = publish(client, next);
        if (mosquitto_loop(client, 100, 1)) return 1;
    }
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"messages\": %llu, \"bytes\": %llu, \"ns\": %llu, \"cpu_ns\": %llu}\n", (unsigned long long)messages,
           (unsigned long long)bytes, (unsigned long long)(now(CLOCK_MONOTONIC) - began), (unsigned long long)cpu);
    return failed;
}

int main(int argc, char **argv) {
    struct sigaction action = { .sa_handler = on_stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (argc == 5 && !strcmp(argv[1], "publish")) return publish_all(argv[2], argv[3], atoi(argv[4]));
    if (argc == 3 && !strcmp(argv[1], "count")) return listen_to(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "record") && (record = fopen(argv[3], "wb"))) return listen_to(argv[2]);
    fprintf(stderr, "usage: uplink record PORT FILE | count PORT | publish PORT FILE WINDOW\n");
    return 2;
}
