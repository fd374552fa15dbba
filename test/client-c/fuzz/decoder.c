/*
 * What a daemon may send, at a client with one call of each kind waiting, messages in flight and effects subscribed.
 *
 * With clang it is a libFuzzer target. With any other compiler (AE_FUZZ_MAIN) it changes the files it is given, the same
 * way each time: decoder SECONDS FILE …
 *
 * The first byte of an input says how it is read: its lowest bit, as a stream, or as frames (type, two bytes of length,
 * body) that get the length a frame needs; the others, how many bytes arrive at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../../src/client-c/src/internal.h"

#define INPUT_BYTES_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void done(void *user, aranya_edge_status status)
{
	++*(unsigned *)user;
	if (aranya_edge_status_name(status) == NULL)
		abort();
}

/* Reads all that it is shown, so that the sanitizers see it too. */
static volatile size_t sink;

static void look_at_text(const char *text)
{
	if (text != NULL)
		sink += strlen(text);
}

static void visit_text(void *user, const char *text)
{
	(void)user;
	look_at_text(text);
}

static void visit_team(void *user, const aranya_edge_team_id *id)
{
	(void)user;
	sink += id->bytes[31];
}

static void visit_device(void *user, const aranya_edge_device_info *info)
{
	(void)user;
	look_at_text(info->common_name);
	look_at_text(info->net_identifier);
	const char *label = info->labels;
	for (size_t i = 0; i < info->labels_count; i++, label = aranya_edge_next_text(label))
		look_at_text(label);
}

static void visit_peer(void *user, const aranya_edge_sync_peer_info *peer)
{
	(void)user;
	look_at_text(peer->address);
	look_at_text(peer->last_error.reason);
}

static void visit_channel(void *user, const aranya_edge_channel_info *channel)
{
	(void)user;
	look_at_text(channel->remote_net_identifier);
	look_at_text(channel->label);
}

static void start_everything(aranya_edge *c, unsigned *told)
{
	static const aranya_edge_team_id team;
	static const aranya_edge_channel_id channel;
	static aranya_edge_device_id device;
	static aranya_edge_channel_id opened;
	static aranya_edge_key_bundle bundle;
	static aranya_edge_sync_report report;
	static aranya_edge_team_state state;
	static aranya_edge_daemon_status status;
	static bool changed;
	const aranya_edge_options o = {.timeout_ms = 60000, .done = done, .user = told};
	(void)aranya_edge_subscribe_effects(c, &changed, &o);
	(void)aranya_edge_init_device(c, &device, &o);
	(void)aranya_edge_get_key_bundle(c, &bundle, &o);
	(void)aranya_edge_add_team(c, &team, &changed, &o);
	(void)aranya_edge_sync_now(c, "a", &team, NULL, &report, &o);
	(void)aranya_edge_team(c, &team, &state, &o);
	(void)aranya_edge_get_status(c, &status, &o);
	(void)aranya_edge_create_channel(c, &team, "a", "b", 0, &opened, &o);
	(void)aranya_edge_teams(c, visit_team, NULL, &o);
	(void)aranya_edge_labels(c, &team, visit_text, NULL, &o);
	(void)aranya_edge_devices(c, &team, visit_device, NULL, &o);
	(void)aranya_edge_sync_peers(c, visit_peer, NULL, &o);
	(void)aranya_edge_channels(c, visit_channel, NULL, &o);
	for (int i = 0; i < 3; i++)
		(void)aranya_edge_send_data(c, "x", 1, &channel, &o);
	c->subscribed = true;
}

static void take_everything(aranya_edge *c)
{
	static uint8_t buffer[INPUT_BYTES_MAX];
	aranya_edge_received received;
	aranya_edge_effect effect;
	while (aranya_edge_poll_data(c, 0) == ARANYA_EDGE_OK) {
		/* Only an empty one fits into nothing. */
		const aranya_edge_status first = aranya_edge_read_data(c, buffer, 0, &received);
		if (first != ARANYA_EDGE_OK && aranya_edge_read_data(c, buffer, sizeof buffer, &received) != ARANYA_EDGE_OK)
			abort();
		look_at_text(received.label);
		look_at_text(received.remote_net_identifier);
	}
	while (aranya_edge_next_effect(c, &effect, 0) == ARANYA_EDGE_OK)
		if (effect.type == ARANYA_EDGE_EFFECT_TYPE_COMMAND_RECALLED)
			look_at_text(effect.of.command_recalled.reason);
	const char *value;
	for (size_t i = 0; aranya_edge_error_field_at(c, i, &value) != NULL; i++)
		look_at_text(value);
}

/* The stream an input stands for. */
static size_t stream_of(const uint8_t *data, size_t size, bool framed, uint8_t *out)
{
	size_t length = 0;
	if (!framed) {
		memcpy(out, data, size);
		return size;
	}
	while (size >= 3) {
		size_t body = (size_t)data[1] << 8 | data[2];
		if (body > size - 3)
			body = size - 3;
		ae_put_u32(out + length, (uint32_t)(1 + body));
		out[length + 4] = data[0];
		memcpy(out + length + 5, data + 3, body);
		length += 5 + body;
		data += 3 + body;
		size -= 3 + body;
	}
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t stream[3 * INPUT_BYTES_MAX];
	int ends[2];
	unsigned told = 0;
	if (size < 1 || size > INPUT_BYTES_MAX / 2)
		return 0;
	const bool framed = (data[0] & 1) != 0;
	const size_t step = (data[0] >> 1) == 0 ? sizeof stream : (size_t)(data[0] >> 1) * 16;
	const size_t length = stream_of(data + 1, size - 1, framed, stream);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return 0;
	aranya_edge *const c = ae_make(60000, 4096);
	if (c == NULL)
		abort();
	c->fd = ends[0];
	c->greeted = true;
	c->credit_bytes = AE_CREDIT_BYTES;
	c->credit_messages = AE_CREDIT_MESSAGES;
	c->credit_effects = AE_CREDIT_EFFECTS;
	start_everything(c, &told);
	for (size_t at = 0; at < length; at += step) {
		const size_t part = length - at < step ? length - at : step;
		if (send(ends[1], stream + at, part, MSG_NOSIGNAL) < 0)
			break;
		(void)aranya_edge_process(c);
		take_everything(c);
	}
	close(ends[1]);
	(void)aranya_edge_process(c);
	take_everything(c);
	aranya_edge_close(c);
	/* Thirteen calls and three messages, each told once, whatever came. */
	if (told != 16)
		abort();
	return 0;
}

#ifdef AE_FUZZ_MAIN
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static size_t change(uint8_t *bytes, size_t length)
{
	for (uint32_t left = 1 + random_below(4); left > 0 && length > 1; left--) {
		const size_t at = random_below((uint32_t)length);
		switch (random_below(4)) {
		case 0:
			bytes[at] = (uint8_t)random_below(256);
			break;
		case 1:
			bytes[at] ^= (uint8_t)(1u << random_below(8));
			break;
		case 2:
			memmove(bytes + at, bytes + at + 1, length - at - 1);
			length--;
			break;
		default:
			memmove(bytes + at + 1, bytes + at, length - at);
			length++;
			break;
		}
	}
	return length;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_BYTES_MAX];
	const time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 1);
	unsigned long runs = 0;
	do {
		for (int i = 2; i < argc; i++) {
			FILE *const file = fopen(argv[i], "rb");
			if (file == NULL)
				return 1;
			const size_t length = fread(bytes, 1, sizeof bytes / 4, file);
			fclose(file);
			LLVMFuzzerTestOneInput(bytes, runs < (unsigned long)argc ? length : change(bytes, length));
			runs++;
		}
	} while (argc > 2 && time(NULL) < end);
	printf("%lu inputs\n", runs);
	return 0;
}
#endif
