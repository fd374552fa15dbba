/*
 * A question and its answer over one channel.
 *
 *     request-reply SOCKET serve [COUNT]                        answers COUNT questions, in capitals
 *     request-reply SOCKET ask TEAM-ID PEER LABEL QUESTION …    prints the answer to each
 */
#include <aranya_edge.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 30000u

static int fail(aranya_edge *client, const char *what, aranya_edge_status status)
{
	const char *value;
	const char *name;
	fprintf(stderr, "%s: %s: %s\n", what, aranya_edge_status_name(status), aranya_edge_error_message(client));
	for (size_t i = 0; (name = aranya_edge_error_field_at(client, i, &value)) != NULL; i++)
		fprintf(stderr, "  %s: %s\n", name, value);
	aranya_edge_close(client);
	return 1;
}

static int serve(aranya_edge *client, long count)
{
	static char text[4096];
	aranya_edge_received from;
	for (; count != 0; count--) {
		aranya_edge_status status;
		do
			status = aranya_edge_poll_data(client, WAIT_MS);
		while (status == ARANYA_EDGE_TIMEOUT);
		if (status == ARANYA_EDGE_OK)
			status = aranya_edge_read_data(client, text, sizeof text, &from);
		if (status != ARANYA_EDGE_OK)
			return fail(client, "waiting for a question", status);
		for (size_t i = 0; i < from.length; i++)
			text[i] = (char)toupper((unsigned char)text[i]);
		/* The channel a message came by also leads back. Who asked may have gone since, or goes as soon as it knows. */
		status = aranya_edge_send_data(client, text, from.length, &from.channel_id, NULL);
		if (status != ARANYA_EDGE_OK && status != ARANYA_EDGE_CHANNEL_CLOSED &&
		    status != ARANYA_EDGE_UNKNOWN_CHANNEL && status != ARANYA_EDGE_TIMEOUT)
			return fail(client, "answering", status);
	}
	aranya_edge_close(client);
	return 0;
}

static int ask(aranya_edge *client, int argc, char **argv)
{
	char answer[4096];
	aranya_edge_team_id team;
	aranya_edge_channel_id channel;
	aranya_edge_received from;
	if (aranya_edge_deserialize_id(ARANYA_EDGE_ID_SCHEME_BASE58, argv[0], strlen(argv[0]), team.bytes))
		return fail(client, "TEAM-ID", ARANYA_EDGE_INVALID_ARGUMENT);
	aranya_edge_status status = aranya_edge_create_channel(client, &team, argv[1], argv[2],
	                                                       ARANYA_EDGE_DELIVERY_RELIABLE, &channel, NULL);
	for (int i = 3; i < argc && status == ARANYA_EDGE_OK; i++) {
		status = aranya_edge_send_data(client, argv[i], strlen(argv[i]), &channel, NULL);
		if (status == ARANYA_EDGE_OK)
			status = aranya_edge_poll_data(client, WAIT_MS);
		if (status == ARANYA_EDGE_OK)
			status = aranya_edge_read_data(client, answer, sizeof answer, &from);
		if (status == ARANYA_EDGE_OK)
			printf("%.*s\n", (int)from.length, answer);
	}
	if (status != ARANYA_EDGE_OK)
		return fail(client, "asking", status);
	aranya_edge_close(client);
	return 0;
}

int main(int argc, char **argv)
{
	aranya_edge *client;
	const int asks = argc >= 7 && strcmp(argv[2], "ask") == 0;
	if (!asks && (argc < 3 || strcmp(argv[2], "serve") != 0)) {
		fprintf(stderr, "usage: request-reply SOCKET serve [COUNT] | SOCKET ask TEAM-ID PEER LABEL QUESTION ...\n");
		return 64;
	}
	const aranya_edge_status status = aranya_edge_connect(&client, argv[1], NULL);
	if (status != ARANYA_EDGE_OK)
		return fail(client, "connecting", status);
	return asks ? ask(client, argc - 3, argv + 3) : serve(client, argc > 3 ? atol(argv[3]) : -1);
}
