/*
 * Sends a reading to a peer once a second, and goes on when the daemon restarts, the channel closes or the peer is away.
 *
 *     telemetry SOCKET TEAM-ID PEER LABEL [COUNT]
 *
 * TEAM-ID is base58, PEER the network name of a device that has LABEL, as this one does. Ends after COUNT readings.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* getloadavg */
#endif
#include <aranya_edge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double read_sensor(void)
{
	double load = 0;
	return getloadavg(&load, 1) == 1 ? load : 0;
}

static void complain(const aranya_edge *client, const char *what, aranya_edge_status status)
{
	fprintf(stderr, "%s: %s: %s\n", what, aranya_edge_status_name(status), aranya_edge_error_message(client));
}

/* As long as the connection and the channel hold. */
static long send_readings(aranya_edge *client, const aranya_edge_channel_id *channel, long count)
{
	const aranya_edge_options in_time = {.timeout_ms = 5000};
	for (; count != 0; count--) {
		char reading[64];
		const int length = snprintf(reading, sizeof reading, "{\"load\":%.2f}", read_sensor());
		const aranya_edge_status status =
			aranya_edge_send_data(client, reading, (size_t)length, channel, &in_time);
		if (status != ARANYA_EDGE_OK) {
			complain(client, "sending", status);
			/* Late is not lost: the next reading says more than this one again. */
			if (status != ARANYA_EDGE_TIMEOUT)
				return count;
		}
		if (count != 1)
			sleep(1);
	}
	return 0;
}

int main(int argc, char **argv)
{
	aranya_edge_team_id team;
	if (argc < 5 || aranya_edge_deserialize_id(ARANYA_EDGE_ID_SCHEME_BASE58, argv[2], strlen(argv[2]), team.bytes)) {
		fprintf(stderr, "usage: telemetry SOCKET TEAM-ID PEER LABEL [COUNT]\n");
		return 64;
	}
	long count = argc > 5 ? atol(argv[5]) : -1;
	for (;;) {
		aranya_edge *client;
		aranya_edge_channel_id channel;
		aranya_edge_status status = aranya_edge_connect(&client, argv[1], NULL);
		if (status == ARANYA_EDGE_OK)
			status = aranya_edge_create_channel(client, &team, argv[3], argv[4],
			                                    ARANYA_EDGE_DELIVERY_RELIABLE, &channel, NULL);
		if (status == ARANYA_EDGE_OK)
			count = send_readings(client, &channel, count);
		else
			complain(client, "opening a channel", status);
		aranya_edge_close(client);
		if (count == 0)
			return 0;
		sleep(1);
	}
}
