/*
 * One end of a measurement: as many messages as told, and what each cost this process.
 *
 *     one-way receive SOCKET COUNT                            says "listening" once it does
 *     one-way send SOCKET TEAM-ID PEER LABEL COUNT BYTES
 *
 * Prints messages per second and microseconds of processor time for each; the receiver counts from its first message on.
 */
#include "expect.h"

#include <poll.h>
#include <sys/resource.h>
#include <time.h>

static uint8_t buffer[ARANYA_EDGE_MESSAGE_BYTES_MAX];
static struct timespec began;
static double cpu_began;

static double cpu_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void begin(void)
{
	clock_gettime(CLOCK_MONOTONIC, &began);
	cpu_began = cpu_us();
}

static void end(long count)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const double seconds = (double)(now.tv_sec - began.tv_sec) + 1e-9 * (double)(now.tv_nsec - began.tv_nsec);
	printf("%.0f %.3f\n", (double)count / seconds, (cpu_us() - cpu_began) / (double)count);
}

static void receive(aranya_edge *client, long count)
{
	EXPECT(ARANYA_EDGE_TIMEOUT, client, aranya_edge_poll_data(client, 50));
	printf("listening\n");
	fflush(stdout);
	for (long i = 0; i < count; i++) {
		OK(client, aranya_edge_poll_data(client, 60000));
		OK(client, aranya_edge_read_data(client, buffer, sizeof buffer, NULL));
		if (i == 0)
			begin();
	}
	end(count - 1);
}

static void acknowledged(void *user, aranya_edge_status status)
{
	CHECK(status == ARANYA_EDGE_OK);
	++*(long *)user;
}

static void send_all(aranya_edge *client, const aranya_edge_channel_id *channel, long count, size_t bytes)
{
	long done = 0;
	long started = 0;
	const aranya_edge_options starting = {.timeout_ms = 60000, .done = acknowledged, .user = &done};
	begin();
	while (done < count) {
		while (started < count) {
			const aranya_edge_status status = aranya_edge_send_data(client, buffer, bytes, channel, &starting);
			if (status == ARANYA_EDGE_LIMIT_REACHED)
				break;
			OK(client, status);
			started++;
		}
		OK(client, aranya_edge_process(client));
		if (done == count)
			break;
		struct pollfd fd = {aranya_edge_fd(client), aranya_edge_events(client), 0};
		(void)poll(&fd, 1, aranya_edge_timeout(client));
		OK(client, aranya_edge_process(client));
	}
	end(count);
}

int main(int argc, char **argv)
{
	aranya_edge *client;
	CHECK(argc >= 4);
	const aranya_edge_status connected = aranya_edge_connect(&client, argv[2], NULL);
	OK(client, connected);
	if (strcmp(argv[1], "receive") == 0) {
		receive(client, atol(argv[3]));
	} else {
		aranya_edge_team_id team;
		aranya_edge_channel_id channel;
		CHECK(argc == 8);
		CHECK(aranya_edge_deserialize_id(ARANYA_EDGE_ID_SCHEME_BASE58, argv[3], strlen(argv[3]), team.bytes) ==
		      ARANYA_EDGE_OK);
		OK(client, aranya_edge_create_channel(client, &team, argv[4], argv[5], 0, &channel, NULL));
		send_all(client, &channel, atol(argv[6]), (size_t)atol(argv[7]));
	}
	/* Neither hangs up before the other has finished: with the channel goes what waits at a daemon. */
	fflush(stdout);
	(void)getchar();
	aranya_edge_close(client);
	return 0;
}
