/*
 * Makes the calls it is told to, and prints a line for each: the command's name, how it ended, the fields of the error,
 * what it returned.
 *
 *     driver SOCKET COMMAND …       such as: connect:500 team poll:100 read:4096
 *
 * Ids in calls are 32 times the same byte: teams 2, devices 3, channels 5.
 */
#include "expect.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static aranya_edge *client;
static const char *socket_path;
static aranya_edge_team_id team;
static aranya_edge_device_id device;
static aranya_edge_channel_id channel;
static aranya_edge_options options;
static uint8_t buffer[ARANYA_EDGE_MESSAGE_BYTES_MAX + 16];
/* Of calls that were started. */
static unsigned done_count;
static unsigned done_ok;
static aranya_edge_status done_last;
static unsigned long visited;
static unsigned long visited_bytes;

static void done(void *user, aranya_edge_status status)
{
	(void)user;
	done_count++;
	done_ok += status == ARANYA_EDGE_OK;
	done_last = status;
}

static void print_id(const char *name, const uint8_t *id)
{
	char text[ARANYA_EDGE_ID_TEXT_BYTES];
	CHECK(aranya_edge_serialize_id(ARANYA_EDGE_ID_SCHEME_BASE58, id, text, sizeof text, NULL) == ARANYA_EDGE_OK);
	printf(" %s=%s", name, text);
}

static void print_status(aranya_edge_status status)
{
	const char *value;
	const char *name;
	printf(" %s", aranya_edge_status_name(status));
	if (status == ARANYA_EDGE_OK)
		return;
	CHECK(client == NULL || aranya_edge_error_status(client) == status);
	for (size_t i = 0; (name = aranya_edge_error_field_at(client, i, &value)) != NULL; i++)
		printf(" %s=%s", name, value);
}

static void visit_text(void *user, const char *text)
{
	(void)user;
	visited++;
	visited_bytes += strlen(text);
}

static void visit_team(void *user, const aranya_edge_team_id *id)
{
	(void)user;
	visited++;
	visited_bytes += id->bytes[0];
}

static void visit_device(void *user, const aranya_edge_device_info *info)
{
	(void)user;
	visited++;
	visited_bytes += strlen(info->common_name) + info->key_bundle.signature[63];
	const char *label = info->labels;
	for (size_t i = 0; i < info->labels_count; i++, label = aranya_edge_next_text(label))
		visited_bytes += strlen(label);
}

static void visit_peer(void *user, const aranya_edge_sync_peer_info *peer)
{
	(void)user;
	visited++;
	printf(" address=%s rateMs=%llu", peer->address, (unsigned long long)peer->rate_ms);
	if (peer->has_last_success)
		printf(" lastSuccess=%llu", (unsigned long long)peer->last_success);
	if (peer->has_last_error)
		printf(" code=%s reason=%s at=%llu", aranya_edge_status_name(peer->last_error.code), peer->last_error.reason,
		       (unsigned long long)peer->last_error.at);
	printf(" behind=%d", peer->has_behind ? peer->behind : -1);
}

static void visit_channel(void *user, const aranya_edge_channel_info *info)
{
	(void)user;
	visited++;
	printf(" peer=%s label=%s delivery=%d state=%d direction=%d", info->remote_net_identifier, info->label,
	       (int)info->delivery, (int)info->state, (int)info->direction);
}

static void *close_in_thread(void *unused)
{
	aranya_edge *other;
	(void)unused;
	for (int i = 0; i < 20; i++) {
		if (aranya_edge_connect(&other, socket_path, NULL) == ARANYA_EDGE_OK)
			CHECK(aranya_edge_teams(other, NULL, NULL, NULL) == ARANYA_EDGE_OK);
		aranya_edge_close(other);
	}
	return NULL;
}

/* Nothing where something is needed, in every place: a status, and no more. */
static void pass_nothing(void)
{
	const aranya_edge_status bad = ARANYA_EDGE_INVALID_ARGUMENT;
	bool changed;
	aranya_edge_effect effect;
	aranya_edge_team_state state;
	CHECK(aranya_edge_connect(NULL, socket_path, NULL) == bad);
	CHECK(aranya_edge_team(NULL, &team, &state, NULL) == bad);
	CHECK(aranya_edge_teams(NULL, NULL, NULL, NULL) == bad);
	CHECK(aranya_edge_send_data(NULL, "", 0, &channel, NULL) == bad);
	CHECK(aranya_edge_poll_data(NULL, 0) == bad && aranya_edge_read_data(NULL, NULL, 0, NULL) == bad);
	CHECK(aranya_edge_next_effect(NULL, &effect, 0) == bad && aranya_edge_process(NULL) == bad);
	CHECK(aranya_edge_fd(NULL) == -1 && aranya_edge_events(NULL) == 0 && aranya_edge_timeout(NULL) == -1);
	CHECK(aranya_edge_error_status(NULL) == ARANYA_EDGE_OK && *aranya_edge_error_message(NULL) == '\0');
	CHECK(aranya_edge_error_field(NULL, "x") == NULL && aranya_edge_error_field(client, NULL) == NULL);
	CHECK(aranya_edge_status_name((aranya_edge_status)-1) == NULL && aranya_edge_status_name((aranya_edge_status)999) == NULL);
	CHECK(aranya_edge_team(client, NULL, &state, NULL) == bad);
	CHECK(aranya_edge_create_label(client, &team, NULL, &changed, NULL) == bad);
	CHECK(aranya_edge_create_label(client, &team, "", &changed, NULL) == bad);
	CHECK(aranya_edge_create_label(client, &team, "\xff", &changed, NULL) == bad);
	CHECK(aranya_edge_add_device(client, &team, NULL, "x", NULL, NULL) == bad);
	CHECK(aranya_edge_add_sync_peer(client, "x", &team, 99, NULL, NULL, NULL) == bad);
	CHECK(aranya_edge_send_data(client, NULL, 1, &channel, NULL) == bad);
	CHECK(aranya_edge_send_data(client, "x", 1, NULL, NULL) == bad);
	CHECK(aranya_edge_next_effect(client, NULL, 0) == bad);
	CHECK(aranya_edge_serialize_id(ARANYA_EDGE_ID_SCHEME_HEX, NULL, buffer, 64, NULL) == bad);
	CHECK(aranya_edge_serialize_id(ARANYA_EDGE_ID_SCHEME_HEX, team.bytes, buffer, 63, NULL) == ARANYA_EDGE_BUFFER_TOO_SMALL);
	CHECK(aranya_edge_deserialize_id(ARANYA_EDGE_ID_SCHEME_RAW, buffer, 31, team.bytes) == bad);
	CHECK(aranya_edge_init_device(client, NULL, NULL) == ARANYA_EDGE_OK);
	CHECK(aranya_edge_team(client, &team, NULL, NULL) == ARANYA_EDGE_OK);
	CHECK(aranya_edge_devices(client, &team, NULL, NULL, NULL) == ARANYA_EDGE_OK);
	printf(" OK");
}

/* Hexadecimal behind the colon, as bytes. */
static size_t unhex(const char *command, uint8_t *to)
{
	size_t length = 0;
	unsigned byte;
	for (const char *at = strchr(command, ':') + 1; sscanf(at, "%2x", &byte) == 1; at += 2)
		to[length++] = (uint8_t)byte;
	return length;
}

static void parse_bundle(const char *command, aranya_edge_key_bundle_scheme scheme)
{
	/* Exactly as long as it is, so that a byte read past the end is seen. */
	uint8_t *const bytes = malloc(strlen(command));
	const size_t length = unhex(command, bytes);
	uint8_t *const exact = malloc(length + (length == 0));
	memcpy(exact, bytes, length);
	aranya_edge_key_bundle bundle;
	uint8_t out[ARANYA_EDGE_KEY_BUNDLE_BYTES];
	size_t written;
	const aranya_edge_status status = aranya_edge_deserialize_key_bundle(scheme, exact, length, &bundle);
	printf(" %s", aranya_edge_status_name(status));
	if (status == ARANYA_EDGE_OK) {
		CHECK(aranya_edge_serialize_key_bundle(scheme, &bundle, out, sizeof out, &written) == ARANYA_EDGE_OK);
		printf(" ");
		for (size_t i = 0; i < written; i++)
			printf("%02x", out[i]);
	}
	free(bytes);
	free(exact);
}

static void parse_id(const char *command, aranya_edge_id_scheme scheme)
{
	uint8_t text[128];
	uint8_t id[ARANYA_EDGE_ID_BYTES];
	const size_t length = unhex(command, text);
	const aranya_edge_status status = aranya_edge_deserialize_id(scheme, text, length, id);
	printf(" %s", aranya_edge_status_name(status));
	if (status == ARANYA_EDGE_OK)
		print_id("id", id);
}

/* The number behind the colon. */
static unsigned long number(const char *command, unsigned long otherwise)
{
	const char *const colon = strchr(command, ':');
	return colon == NULL ? otherwise : strtoul(colon + 1, NULL, 10);
}

static bool is(const char *command, const char *name)
{
	const size_t length = strlen(name);
	return strncmp(command, name, length) == 0 && (command[length] == '\0' || command[length] == ':');
}

static void connect_client(const char *command)
{
	const char *const second = strrchr(command, ':');
	const aranya_edge_connect_options how = {.timeout_ms = (uint32_t)number(command, 0),
	                                         .receive_bytes = second == strchr(command, ':')
	                                                                  ? 0
	                                                                  : strtoul(second + 1, NULL, 10)};
	print_status(aranya_edge_connect(&client, socket_path, &how));
}

/* Sends so many messages, as many at a time as there may be. */
static void send_many(unsigned long count)
{
	static const char message[64] = "a message of 64 bytes";
	aranya_edge_options starting = {.timeout_ms = 20000, .done = done};
	const unsigned before = done_count;
	unsigned long started = 0;
	aranya_edge_status status = ARANYA_EDGE_OK;
	while (status == ARANYA_EDGE_OK && done_count - before < count) {
		while (started < count) {
			const aranya_edge_status begun =
				aranya_edge_send_data(client, message, sizeof message, &channel, &starting);
			if (begun == ARANYA_EDGE_LIMIT_REACHED)
				break;
			CHECK(begun == ARANYA_EDGE_OK);
			started++;
		}
		struct pollfd fd = {aranya_edge_fd(client), aranya_edge_events(client), 0};
		(void)poll(&fd, 1, aranya_edge_timeout(client));
		status = aranya_edge_process(client);
	}
	print_status(status);
	printf(" done=%u ok=%u", done_count, done_ok);
}

static void read_many(unsigned long count)
{
	unsigned long bytes = 0;
	aranya_edge_received received;
	aranya_edge_status status = ARANYA_EDGE_OK;
	for (unsigned long i = 0; i < count && status == ARANYA_EDGE_OK; i++) {
		status = aranya_edge_poll_data(client, 20000);
		if (status == ARANYA_EDGE_OK)
			status = aranya_edge_read_data(client, buffer, sizeof buffer, &received);
		bytes += received.length;
	}
	print_status(status);
	printf(" bytes=%lu", bytes);
}

static void read_data(unsigned long capacity)
{
	aranya_edge_received received;
	const aranya_edge_status status = aranya_edge_read_data(client, buffer, capacity, &received);
	print_status(status);
	if (status != ARANYA_EDGE_OK)
		return;
	unsigned sum = 0;
	for (size_t i = 0; i < received.length; i++)
		sum = sum * 31 + buffer[i];
	printf(" length=%llu sum=%u from=%s label=%s", (unsigned long long)received.length, sum,
	       received.remote_net_identifier, received.label);
	print_id("channelId", received.channel_id.bytes);
}

static void next_effect(unsigned long timeout_ms)
{
	aranya_edge_effect effect;
	const aranya_edge_status status = aranya_edge_next_effect(client, &effect, (uint32_t)timeout_ms);
	print_status(status);
	if (status != ARANYA_EDGE_OK)
		return;
	printf(" type=%d", (int)effect.type);
	if (effect.type == ARANYA_EDGE_EFFECT_TYPE_LABEL_CREATED)
		printf(" label=%s", effect.of.label_created.label);
	if (effect.type == ARANYA_EDGE_EFFECT_TYPE_EFFECTS_LOST)
		printf(" count=%llu", (unsigned long long)effect.of.effects_lost.count);
}

static void process_until(unsigned long wanted)
{
	aranya_edge_status status = ARANYA_EDGE_OK;
	while (status == ARANYA_EDGE_OK && done_count < wanted) {
		struct pollfd fd = {aranya_edge_fd(client), aranya_edge_events(client), 0};
		(void)poll(&fd, 1, aranya_edge_timeout(client));
		status = aranya_edge_process(client);
	}
	print_status(status);
	printf(" done=%u ok=%u last=%s", done_count, done_ok, aranya_edge_status_name(done_last));
}

static void run(const char *command)
{
	bool changed = false;
	aranya_edge_device_id device_out = {{0}};
	aranya_edge_channel_id channel_out;
	printf("%.*s", (int)strcspn(command, ":"), command);
	options.timeout_ms = (uint32_t)number(command, options.timeout_ms);
	if (is(command, "connect")) {
		connect_client(command);
	} else if (is(command, "close")) {
		aranya_edge_close(client);
		client = NULL;
		printf(" OK done=%u last=%s", done_count, aranya_edge_status_name(done_last));
	} else if (is(command, "init")) {
		print_status(aranya_edge_init_device(client, &device_out, &options));
		print_id("deviceId", device_out.bytes);
	} else if (is(command, "bundle")) {
		aranya_edge_key_bundle bundle;
		char text[ARANYA_EDGE_KEY_BUNDLE_BYTES];
		size_t length;
		const aranya_edge_status status = aranya_edge_get_key_bundle(client, &bundle, &options);
		print_status(status);
		if (status == ARANYA_EDGE_OK) {
			CHECK(aranya_edge_serialize_key_bundle(ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT, &bundle, text, sizeof text,
			                                       &length) == ARANYA_EDGE_OK);
			printf(" text=%.*s", 33, text);
			print_status(aranya_edge_add_device(client, &team, &bundle, "Bob", &device_out, &options));
		}
	} else if (is(command, "add-team")) {
		print_status(aranya_edge_add_team(client, &team, &changed, &options));
		printf(" changed=%d", changed);
	} else if (is(command, "assign-label")) {
		changed = true;
		print_status(aranya_edge_assign_label(client, &team, &device, "telemetry", &changed, &options));
		printf(" changed=%d", changed);
	} else if (is(command, "add-peer")) {
		print_status(aranya_edge_add_sync_peer(client, "hub.example", &team, 1000, &device, &changed, &options));
	} else if (is(command, "assign-role")) {
		print_status(aranya_edge_assign_role(client, &team, &device, (aranya_edge_role)number(command, 0), &changed,
		                                     NULL));
	} else if (is(command, "sync")) {
		aranya_edge_sync_report report;
		const aranya_edge_status status = aranya_edge_sync_now(client, "hub.example:99", &team, NULL, &report, &options);
		print_status(status);
		if (status == ARANYA_EDGE_OK) {
			printf(" received=%llu accepted=%llu recalled=%llu", (unsigned long long)report.received,
			       (unsigned long long)report.accepted, (unsigned long long)report.recalled);
			for (size_t i = 0; i < report.heads_count; i++)
				print_id("head", report.heads[i].bytes);
		}
	} else if (is(command, "team")) {
		aranya_edge_team_state state;
		const aranya_edge_status status = aranya_edge_team(client, &team, &state, &options);
		print_status(status);
		if (status == ARANYA_EDGE_OK) {
			printf(" policyId=%s closed=%d commandCount=%llu asideCount=%llu stateDigest=%s", state.policy_id, state.closed,
			       (unsigned long long)state.command_count, (unsigned long long)state.aside_count, state.state_digest);
			for (size_t i = 0; i < state.unheard_count; i++)
				print_id("unheard", state.unheard[i].bytes);
		}
	} else if (is(command, "status")) {
		aranya_edge_daemon_status status;
		const aranya_edge_status got = aranya_edge_get_status(client, &status, &options);
		print_status(got);
		if (got == ARANYA_EDGE_OK)
			printf(" version=%s udp=%d cipher=%d of %zu", status.version, (int)status.afc.udp, (int)status.afc.ciphers[0],
		       status.afc.ciphers_count);
	} else if (is(command, "metrics")) {
		aranya_edge_metrics_text metrics;
		const aranya_edge_status got = aranya_edge_metrics(client, &metrics, &options);
		print_status(got);
		if (got == ARANYA_EDGE_OK)
			printf(" bytes=%zu", strlen(metrics.text));
	} else if (is(command, "teams") || is(command, "labels") || is(command, "devices") || is(command, "peers") ||
	           is(command, "channels")) {
		visited = visited_bytes = 0;
		print_status(is(command, "teams")     ? aranya_edge_teams(client, visit_team, NULL, &options)
		             : is(command, "labels")  ? aranya_edge_labels(client, &team, visit_text, NULL, &options)
		             : is(command, "devices") ? aranya_edge_devices(client, &team, visit_device, NULL, &options)
		             : is(command, "peers")   ? aranya_edge_sync_peers(client, visit_peer, NULL, &options)
		                                      : aranya_edge_channels(client, visit_channel, NULL, &options));
		printf(" visited=%lu bytes=%lu", visited, visited_bytes);
	} else if (is(command, "open")) {
		print_status(aranya_edge_create_channel(client, &team, "bob.example", "telemetry", 0, &channel_out, &options));
	} else if (is(command, "start-open")) {
		aranya_edge_options starting = options;
		starting.done = done;
		static aranya_edge_channel_id opened;
		print_status(aranya_edge_create_channel(client, &team, "bob.example", "telemetry",
		                                        ARANYA_EDGE_DELIVERY_UNRELIABLE, &opened, &starting));
	} else if (is(command, "send")) {
		print_status(aranya_edge_send_data(client, buffer, number(command, 64), &channel, NULL));
	} else if (is(command, "send-in")) {
		/* A megabyte within so many milliseconds, from memory that is gone afterwards. */
		void *const message = calloc(1, ARANYA_EDGE_MESSAGE_BYTES_MAX);
		print_status(aranya_edge_send_data(client, message, ARANYA_EDGE_MESSAGE_BYTES_MAX, &channel, &options));
		free(message);
	} else if (is(command, "start-send")) {
		aranya_edge_options starting = {.timeout_ms = 200, .done = done};
		print_status(aranya_edge_send_data(client, buffer, number(command, 64), &channel, &starting));
	} else if (is(command, "send-many")) {
		send_many(number(command, 1000));
	} else if (is(command, "poll")) {
		print_status(aranya_edge_poll_data(client, (uint32_t)number(command, 1000)));
	} else if (is(command, "read")) {
		read_data(number(command, sizeof buffer));
	} else if (is(command, "read-many")) {
		read_many(number(command, 1));
	} else if (is(command, "subscribe")) {
		print_status(aranya_edge_subscribe_effects(client, &changed, &options));
	} else if (is(command, "effect")) {
		next_effect(number(command, 1000));
	} else if (is(command, "process")) {
		process_until(number(command, 0));
	} else if (is(command, "sleep")) {
		usleep((useconds_t)(1000 * number(command, 10)));
		printf(" OK");
	} else if (is(command, "threads")) {
		pthread_t threads[4];
		for (int i = 0; i < 4; i++)
			CHECK(pthread_create(&threads[i], NULL, close_in_thread, NULL) == 0);
		for (int i = 0; i < 4; i++)
			CHECK(pthread_join(threads[i], NULL) == 0);
		printf(" OK");
	} else if (is(command, "parse-cbor")) {
		parse_bundle(command, ARANYA_EDGE_KEY_BUNDLE_SCHEME_CBOR);
	} else if (is(command, "parse-text")) {
		parse_bundle(command, ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT);
	} else if (is(command, "parse-raw")) {
		parse_id(command, ARANYA_EDGE_ID_SCHEME_RAW);
	} else if (is(command, "parse-hex")) {
		parse_id(command, ARANYA_EDGE_ID_SCHEME_HEX);
	} else if (is(command, "parse-base58")) {
		parse_id(command, ARANYA_EDGE_ID_SCHEME_BASE58);
	} else if (is(command, "nothing")) {
		pass_nothing();
	} else if (is(command, "heap")) {
		printf(" OK bytes=%zu", mallinfo2().uordblks);
	} else {
		printf(" there is no such command");
		exit(64);
	}
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	CHECK(argc >= 2);
	socket_path = argv[1];
	memset(team.bytes, 2, sizeof team.bytes);
	memset(device.bytes, 3, sizeof device.bytes);
	memset(channel.bytes, 5, sizeof channel.bytes);
	for (size_t i = 0; i < sizeof buffer; i++)
		buffer[i] = (uint8_t)(i * 7);
	for (int i = 2; i < argc; i++)
		run(argv[i]);
	aranya_edge_close(client);
	return 0;
}
