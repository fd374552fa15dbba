/*
 * Five devices, from nothing to an encrypted message, every call of the header on the way.
 *
 *     five-devices SOCKET ADDRESS (five times: owner, admin, operator, sensor, gateway)
 */
#include "expect.h"

#define LABEL "telemetry"

struct device {
	const char *address;
	aranya_edge *client;
	aranya_edge_device_id id;
};

static void start(struct device *d, const char *socket, const char *address)
{
	const aranya_edge_config config = {
		.sync = {.listen = address, .hello = ARANYA_EDGE_CONFIG_SYNC_HELLO_ON},
		.afc = {.listen = address, .rotate_after_ms = 60000},
		.log_level = ARANYA_EDGE_CONFIG_LOG_LEVEL_DEBUG,
	};
	const aranya_edge_connect_options options = {.config = &config};
	aranya_edge_device_id again;
	d->address = address;
	OK(d->client, aranya_edge_connect(&d->client, socket, &options));
	EXPECT(ARANYA_EDGE_DEVICE_NOT_INITIALISED, d->client, aranya_edge_get_device_id(d->client, &again, NULL));
	OK(d->client, aranya_edge_init_device(d->client, &d->id, NULL));
	OK(d->client, aranya_edge_init_device(d->client, &again, NULL));
	CHECK(memcmp(&d->id, &again, sizeof again) == 0);
}

/* By hand, as text. */
static void hand_over(struct device *d, struct device *by, const aranya_edge_team_id *team, const char *name)
{
	aranya_edge_key_bundle bundle;
	aranya_edge_key_bundle copy;
	aranya_edge_device_id added;
	char text[ARANYA_EDGE_KEY_BUNDLE_BYTES];
	size_t length;
	OK(d->client, aranya_edge_get_key_bundle(d->client, &bundle, NULL));
	OK(d->client, aranya_edge_serialize_key_bundle(ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT, &bundle, text, sizeof text, &length));
	CHECK(strlen(text) == length);
	OK(d->client, aranya_edge_deserialize_key_bundle(ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT, text, length, &copy));
	CHECK(memcmp(&bundle, &copy, sizeof copy) == 0);
	OK(by->client, aranya_edge_add_device(by->client, team, &copy, name, &added, NULL));
	CHECK(memcmp(&added, &d->id, sizeof added) == 0);
}

static void pull(struct device *d, struct device *from, const aranya_edge_team_id *team)
{
	aranya_edge_sync_report report;
	OK(d->client, aranya_edge_sync_now(d->client, from->address, team, NULL, &report, NULL));
	CHECK(report.heads_count >= 1);
}

static void onboard(struct device *d, struct device *from, const aranya_edge_team_id *team)
{
	bool changed = false;
	aranya_edge_team_state state;
	OK(d->client, aranya_edge_add_team(d->client, team, &changed, NULL));
	CHECK(changed);
	OK(d->client, aranya_edge_add_team(d->client, team, &changed, NULL));
	CHECK(!changed);
	EXPECT(ARANYA_EDGE_TEAM_NOT_SYNCED, d->client, aranya_edge_team(d->client, team, &state, NULL));
	OK(d->client, aranya_edge_add_sync_peer(d->client, from->address, team, 200, &from->id, &changed, NULL));
	CHECK(changed);
	pull(d, from, team);
}

struct found {
	aranya_edge_device_id wanted;
	int count;
	aranya_edge_role role;
	bool labelled;
	char name[ARANYA_EDGE_NET_IDENTIFIER_BYTES_MAX + 1];
};

static void visit_device(void *user, const aranya_edge_device_info *info)
{
	struct found *const found = user;
	found->count++;
	if (memcmp(&info->device_id, &found->wanted, sizeof found->wanted) != 0)
		return;
	found->role = info->role;
	if (info->net_identifier != NULL)
		strcpy(found->name, info->net_identifier);
	const char *label = info->labels;
	for (size_t i = 0; i < info->labels_count; i++, label = aranya_edge_next_text(label))
		found->labelled |= strcmp(label, LABEL) == 0;
}

static struct found find(struct device *at, const aranya_edge_team_id *team, const struct device *d)
{
	struct found found = {.wanted = d->id};
	OK(at->client, aranya_edge_devices(at->client, team, visit_device, &found, NULL));
	return found;
}

static void visit_label(void *user, const char *label)
{
	*(int *)user += strcmp(label, LABEL) == 0 ? 1 : 100;
}

static void visit_team(void *user, const aranya_edge_team_id *team)
{
	*(int *)user += memcmp(team, (const char *)user + sizeof(int), sizeof *team) == 0 ? 1 : 100;
}

static void visit_peer(void *user, const aranya_edge_sync_peer_info *peer)
{
	CHECK(peer->rate_ms == 200 && peer->has_expected_device_id);
	strcpy(user, peer->address);
}

static void visit_channel(void *user, const aranya_edge_channel_info *channel)
{
	CHECK(channel->state == ARANYA_EDGE_CHANNEL_INFO_STATE_OPEN);
	CHECK(channel->delivery == ARANYA_EDGE_DELIVERY_RELIABLE);
	CHECK(strcmp(channel->label, LABEL) == 0);
	++*(int *)user;
}

struct opening {
	bool over;
	aranya_edge_status status;
};

static void opened(void *user, aranya_edge_status status)
{
	struct opening *const opening = user;
	CHECK(!opening->over);
	opening->over = true;
	opening->status = status;
}

static bool saw(struct device *d, aranya_edge_effect_type type, aranya_edge_effect *effect)
{
	while (aranya_edge_next_effect(d->client, effect, 10000) == ARANYA_EDGE_OK)
		if (effect->type == type)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct device devices[5];
	struct device *const owner = &devices[0], *const admin = &devices[1], *const operator = &devices[2],
	                     *const sensor = &devices[3], *const gateway = &devices[4];
	struct {
		int count;
		aranya_edge_team_id team;
	} team = {0};
	bool changed;
	aranya_edge_effect effect;
	CHECK(argc == 11);
	for (int i = 0; i < 5; i++)
		start(&devices[i], argv[1 + 2 * i], argv[2 + 2 * i]);

	OK(owner->client, aranya_edge_create_team(owner->client, &team.team, NULL));
	OK(owner->client, aranya_edge_teams(owner->client, visit_team, &team, NULL));
	CHECK(team.count == 1);
	hand_over(admin, owner, &team.team, "admin");
	hand_over(operator, owner, &team.team, "operator");
	onboard(admin, owner, &team.team);
	onboard(operator, owner, &team.team);
	OK(owner->client, aranya_edge_assign_role(owner->client, &team.team, &admin->id, ARANYA_EDGE_ROLE_ADMIN, &changed, NULL));
	OK(owner->client, aranya_edge_assign_role(owner->client, &team.team, &operator->id, ARANYA_EDGE_ROLE_OPERATOR, NULL, NULL));
	EXPECT(ARANYA_EDGE_INVALID_ARGUMENT, owner->client,
	       aranya_edge_assign_role(owner->client, &team.team, &admin->id, (aranya_edge_role)0, &changed, NULL));
	CHECK(strcmp(aranya_edge_error_field(owner->client, "field"), "role") == 0);
	pull(admin, owner, &team.team);
	pull(operator, owner, &team.team);

	hand_over(sensor, operator, &team.team, "sensor");
	hand_over(gateway, operator, &team.team, "gateway");
	OK(operator->client, aranya_edge_assign_role(operator->client, &team.team, &sensor->id, ARANYA_EDGE_ROLE_USER, &changed, NULL));
	OK(operator->client, aranya_edge_assign_role(operator->client, &team.team, &gateway->id, ARANYA_EDGE_ROLE_USER, &changed, NULL));
	OK(operator->client, aranya_edge_assign_role(operator->client, &team.team, &gateway->id, ARANYA_EDGE_ROLE_USER, &changed, NULL));
	CHECK(!changed);
	onboard(sensor, operator, &team.team);
	onboard(gateway, operator, &team.team);
	EXPECT(ARANYA_EDGE_NOT_AUTHORISED, sensor->client, aranya_edge_create_label(sensor->client, &team.team, "mine", &changed, NULL));
	CHECK(strcmp(aranya_edge_error_field(sensor->client, "role"), "user") == 0);
	CHECK(aranya_edge_error_field(sensor->client, "operation") != NULL);
	CHECK(aranya_edge_error_field(sensor->client, "nothing") == NULL);

	OK(admin->client, aranya_edge_create_label(admin->client, &team.team, LABEL, &changed, NULL));
	EXPECT(ARANYA_EDGE_LABEL_EXISTS, admin->client, aranya_edge_create_label(admin->client, &team.team, LABEL, &changed, NULL));
	pull(operator, admin, &team.team);
	struct device *const users[] = {sensor, gateway};
	for (int i = 0; i < 2; i++) {
		OK(operator->client, aranya_edge_assign_label(operator->client, &team.team, &users[i]->id, LABEL, &changed, NULL));
		OK(operator->client, aranya_edge_assign_network_name(operator->client, &team.team, &users[i]->id, users[i]->address, &changed, NULL));
		CHECK(changed);
	}
	pull(sensor, operator, &team.team);
	pull(gateway, operator, &team.team);
	const struct found found = find(sensor, &team.team, gateway);
	CHECK(found.count == 5 && found.role == ARANYA_EDGE_ROLE_USER && found.labelled);
	CHECK(strcmp(found.name, gateway->address) == 0);
	int labels = 0;
	OK(sensor->client, aranya_edge_labels(sensor->client, &team.team, visit_label, &labels, NULL));
	CHECK(labels == 1);
	char peer[ARANYA_EDGE_NET_IDENTIFIER_BYTES_MAX + 1] = "";
	OK(sensor->client, aranya_edge_sync_peers(sensor->client, visit_peer, peer, NULL));
	CHECK(strcmp(peer, operator->address) == 0);

	/* Digests are equal exactly when the facts are. */
	aranya_edge_team_state here;
	aranya_edge_team_state there;
	OK(sensor->client, aranya_edge_team(sensor->client, &team.team, &here, NULL));
	OK(gateway->client, aranya_edge_team(gateway->client, &team.team, &there, NULL));
	CHECK(strlen(here.state_digest) == 64 && strcmp(here.state_digest, there.state_digest) == 0);
	CHECK(!here.closed && here.heads_count == 1 && here.unheard_count == 0);
	CHECK(memcmp(here.heads, there.heads, sizeof *here.heads) == 0);
	aranya_edge_daemon_status status;
	OK(sensor->client, aranya_edge_get_status(sensor->client, &status, NULL));
	CHECK(status.has_device_id && memcmp(&status.device_id, &sensor->id, sizeof sensor->id) == 0);
	CHECK(status.afc.ciphers_count >= 1 && status.afc.listen != NULL);

	/* A channel, opened while the other end does what an event loop would. */
	EXPECT(ARANYA_EDGE_NO_DATA, sensor->client, aranya_edge_next_effect(sensor->client, &effect, 0));
	OK(sensor->client, aranya_edge_subscribe_effects(sensor->client, &changed, NULL));
	CHECK(changed);
	aranya_edge_channel_id channel;
	EXPECT(ARANYA_EDGE_NO_LISTENER, sensor->client,
	       aranya_edge_create_channel(sensor->client, &team.team, gateway->address, LABEL, 0, &channel, NULL));
	EXPECT(ARANYA_EDGE_TIMEOUT, gateway->client, aranya_edge_poll_data(gateway->client, 0));
	struct opening opening = {0};
	const aranya_edge_options started = {.timeout_ms = 10000, .done = opened, .user = &opening};
	OK(sensor->client, aranya_edge_create_channel(sensor->client, &team.team, gateway->address, LABEL,
	                                              ARANYA_EDGE_DELIVERY_RELIABLE, &channel, &started));
	CHECK(!opening.over);
	while (!opening.over) {
		OK(sensor->client, aranya_edge_process(sensor->client));
		EXPECT(ARANYA_EDGE_TIMEOUT, gateway->client, aranya_edge_poll_data(gateway->client, 10));
	}
	CHECK(opening.status == ARANYA_EDGE_OK);
	CHECK(saw(sensor, ARANYA_EDGE_EFFECT_TYPE_CHANNEL_OPENED, &effect));
	CHECK(memcmp(&effect.of.channel_opened.channel_id, &channel, sizeof channel) == 0);
	CHECK(effect.of.channel_opened.direction == ARANYA_EDGE_DIRECTION_OUTGOING);
	CHECK(strcmp(effect.of.channel_opened.label, LABEL) == 0);
	int channels = 0;
	OK(sensor->client, aranya_edge_channels(sensor->client, visit_channel, &channels, NULL));
	CHECK(channels == 1);

	/* Messages of every size, both ways. */
	static uint8_t out[ARANYA_EDGE_MESSAGE_BYTES_MAX];
	static uint8_t in[ARANYA_EDGE_MESSAGE_BYTES_MAX];
	static const size_t sizes[] = {0, 1, 260, 1024, 1025, 16339, 16340, 70000, sizeof out};
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 31 + i / 251);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		aranya_edge_received received;
		OK(sensor->client, aranya_edge_send_data(sensor->client, out, sizes[i], &channel, NULL));
		OK(gateway->client, aranya_edge_poll_data(gateway->client, 10000));
		if (sizes[i] > 0) {
			EXPECT(ARANYA_EDGE_BUFFER_TOO_SMALL, gateway->client,
			       aranya_edge_read_data(gateway->client, in, sizes[i] - 1, &received));
			CHECK((size_t)atol(aranya_edge_error_field(gateway->client, "needed")) == sizes[i]);
		}
		OK(gateway->client, aranya_edge_read_data(gateway->client, in, sizes[i], &received));
		CHECK(received.length == sizes[i] && memcmp(in, out, sizes[i]) == 0);
		CHECK(strcmp(received.label, LABEL) == 0 && strcmp(received.remote_net_identifier, sensor->address) == 0);
		CHECK(memcmp(&received.team_id, &team.team, sizeof team.team) == 0);
		EXPECT(ARANYA_EDGE_NO_DATA, gateway->client, aranya_edge_read_data(gateway->client, in, sizeof in, NULL));
		OK(gateway->client, aranya_edge_send_data(gateway->client, "back", 4, &received.channel_id, NULL));
		OK(sensor->client, aranya_edge_poll_data(sensor->client, 10000));
		OK(sensor->client, aranya_edge_read_data(sensor->client, in, sizeof in, &received));
		CHECK(received.length == 4 && memcmp(in, "back", 4) == 0);
	}
	EXPECT(ARANYA_EDGE_MESSAGE_TOO_LARGE, sensor->client,
	       aranya_edge_send_data(sensor->client, out, sizeof out + 1, &channel, NULL));

	/* A right taken away closes the channel; so does deleting it, which is an error once it is gone. */
	OK(operator->client, aranya_edge_revoke_label(operator->client, &team.team, &gateway->id, LABEL, &changed, NULL));
	pull(sensor, operator, &team.team);
	CHECK(saw(sensor, ARANYA_EDGE_EFFECT_TYPE_CHANNEL_CLOSED, &effect));
	CHECK(memcmp(&effect.of.channel_closed.channel_id, &channel, sizeof channel) == 0);
	const aranya_edge_status refused = aranya_edge_send_data(sensor->client, "x", 1, &channel, NULL);
	CHECK(refused == ARANYA_EDGE_CHANNEL_CLOSED || refused == ARANYA_EDGE_UNKNOWN_CHANNEL);
	EXPECT(ARANYA_EDGE_UNKNOWN_CHANNEL, sensor->client, aranya_edge_delete_channel(sensor->client, &team.team, &channel, &changed, NULL));
	OK(sensor->client, aranya_edge_unsubscribe_effects(sensor->client, &changed, NULL));
	CHECK(changed);

	OK(operator->client, aranya_edge_revoke_network_name(operator->client, &team.team, &gateway->id, gateway->address, &changed, NULL));
	OK(operator->client, aranya_edge_revoke_role(operator->client, &team.team, &gateway->id, ARANYA_EDGE_ROLE_USER, &changed, NULL));
	OK(operator->client, aranya_edge_remove_device(operator->client, &team.team, &gateway->id, &changed, NULL));
	EXPECT(ARANYA_EDGE_UNKNOWN_DEVICE, operator->client,
	       aranya_edge_remove_device(operator->client, &team.team, &gateway->id, &changed, NULL));
	OK(admin->client, aranya_edge_delete_label(admin->client, &team.team, LABEL, &changed, NULL));
	pull(owner, admin, &team.team);
	OK(owner->client, aranya_edge_close_team(owner->client, &team.team, &changed, NULL));
	EXPECT(ARANYA_EDGE_TEAM_CLOSED, owner->client, aranya_edge_close_team(owner->client, &team.team, &changed, NULL));
	OK(sensor->client, aranya_edge_remove_sync_peer(sensor->client, operator->address, &team.team, &changed, NULL));
	CHECK(changed);
	OK(sensor->client, aranya_edge_remove_team(sensor->client, &team.team, &changed, NULL));
	CHECK(changed);
	EXPECT(ARANYA_EDGE_UNKNOWN_TEAM, sensor->client, aranya_edge_team(sensor->client, &team.team, &here, NULL));

	for (int i = 0; i < 5; i++)
		aranya_edge_close(devices[i].client);
	aranya_edge_close(NULL);
	printf("five devices\n");
	return 0;
}
