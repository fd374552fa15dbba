/*
 * What a client is. One connection, one block of memory made when it opens:
 *
 *   rx   what the daemon sent, in the order it came. Frames are looked at where they lie (`rx_scan`): answers go to
 *        whoever waits and leave a hole; messages and effects stay until the application takes them. What lies before
 *        `rx_start` is free, and moved away only by the next read: so what a call hands out stays good until the next
 *        call. rx grows when a frame does not fit, or when somebody waits for what lies behind unread messages; when
 *        all of it has been read it shrinks again. Credit bounds it.
 *   tx   frames on their way to the daemon. The bytes of a message that does not fit are sent from where the
 *        application has them (`ref`), in their place among the frames.
 *
 *   receive.c   rx: reading, cutting, whose frame it is
 *   transmit.c  tx
 *   call.c      requests and answers
 *   send.c      messages sent and their acknowledgements
 *   data.c      messages received, effects
 *   client.c    connecting, waiting, closing
 */
#ifndef AE_INTERNAL_H
#define AE_INTERNAL_H

#include "aranya_edge.h"
#include "schema.h"
#include "text.h"

typedef enum aranya_edge_status ae_status;

enum ae_frame {
	AE_FRAME_CONTROL = 1,
	AE_FRAME_SEND_DATA = 2,
	AE_FRAME_SEND_DATA_ANSWERS = 3,
	AE_FRAME_RECEIVED_DATA = 4,
	AE_FRAME_CREDIT = 5,
	AE_FRAME_ANSWER_PART = 6
};

/* In rx, what has been looked at carries one of these instead. */
enum ae_mark { AE_MARK_HOLE = 0, AE_MARK_DATA = 0xf0, AE_MARK_EFFECT = 0xf1 };

#define AE_LENGTH_BYTES 4u
#define AE_HEADER_BYTES 5u
#define AE_SEND_DATA_BYTES (4u + AE_ID_BYTES + 4u)

/* Given back in halves or less; what is left is always more than the longest message. */
#define AE_CREDIT_BYTES (ARANYA_EDGE_MESSAGE_BYTES_MAX + 128u * 1024u)
#define AE_CREDIT_BYTES_BACK (64u * 1024u)
#define AE_CREDIT_MESSAGES 512u
#define AE_CREDIT_EFFECTS 64u

#define AE_TX_BYTES 4096u
#define AE_ERROR_BYTES 1536u

/* Ids of messages are below, ids of calls from here on. */
#define AE_CALL_ID_FIRST UINT32_C(0x80000000)

struct ae_error {
	ae_status status;
	/* Message, then name and value of each field, all NUL-terminated. */
	char text[AE_ERROR_BYTES];
	size_t length;
	size_t fields_at;
	size_t fields;
};

enum ae_slot_state {
	AE_FREE,
	AE_BLOCKING, /* somebody waits in a call */
	AE_STARTED,  /* `done` will be told */
	AE_GIVEN_UP, /* nobody waits; it takes a place at the daemon until that has answered */
	AE_DONE      /* of a call that blocked: `status` says how it ended */
};

/* What a list's item is handed to. */
typedef void ae_visitor(void (*visit)(void), void *user, const void *item);

struct ae_call {
	uint32_t id;
	uint8_t state;
	ae_status status;
	const struct ae_method *method;
	void *out;
	ae_visitor *visitor;
	void (*visit)(void);
	void *visit_user;
	aranya_edge_done *done;
	void *user;
	int64_t deadline;
	uint32_t timeout_ms;
	uint32_t items;
	/* Of createChannel: one that opens too late is closed again. */
	uint8_t team_id[AE_ID_BYTES];
};

/* Packed: there are many. */
struct ae_send {
	uint32_t id;
	uint32_t bytes : 21;
	uint32_t state : 4;
	uint32_t status : 7;
	int64_t deadline;
	aranya_edge_done *done;
	void *user;
};

struct ae_channel {
	uint8_t id[AE_ID_BYTES];
	uint8_t team_id[AE_ID_BYTES];
	/* In rx, unread. */
	uint32_t messages;
	bool gone;
	const char *label;
	char remote_net_identifier[];
};

struct aranya_edge {
	int fd;
	/* Why the connection is over; ARANYA_EDGE_OK while it is not. */
	ae_status failed;
	bool greeted;
	/* A call that blocked was answered: what it returned stands in rx, so nothing more is looked at before it returns. */
	bool woken;
	/* Within a callback: only calls that do not wait may be made. */
	unsigned callbacks;
	uint32_t timeout_ms;
	struct ae_error error;
	/* Of the connection's end, told by every later call. */
	char failure[160];

	uint8_t *rx;
	size_t rx_size;
	size_t rx_fixed;
	size_t rx_start;
	size_t rx_scan;
	size_t rx_end;
	/* Where the next unread message, the next unread effect, can be at the earliest. */
	size_t rx_data;
	size_t rx_effect;
	uint32_t unread_messages;
	uint32_t unread_effects;

	uint32_t credit_bytes;
	uint32_t credit_messages;
	uint32_t credit_effects;
	/* Read, and not yet given back. */
	uint32_t back_bytes;
	uint32_t back_messages;
	uint32_t back_effects;
	uint8_t listening;
	ae_status listen_status;
	bool subscribed;

	/* Channels by id, open addressing; a power of two places. */
	struct ae_channel **channels;
	size_t channel_places;
	size_t channel_count;
	/* The one of the last message read. */
	struct ae_channel *channel_read;

	uint8_t *tx;
	size_t tx_start;
	size_t tx_end;
	/* Bytes between tx[ref_at - 1] and tx[ref_at]. */
	const uint8_t *ref;
	size_t ref_length;
	size_t ref_at;
	uint32_t ref_id;
	uint8_t *ref_copy;

	uint32_t next_call_id;
	uint32_t next_send_id;
	uint32_t calls_in_flight;
	uint32_t sends_in_flight;
	uint64_t send_bytes;
	/* Of those that `done` will be told. */
	int64_t next_deadline;
	struct ae_call calls[ARANYA_EDGE_CALLS_MAX];
	struct ae_send sends[ARANYA_EDGE_SENDS_MAX];
};

/* error.c */
ae_status ae_refuse(aranya_edge *client, ae_status status, const char *message);
ae_status ae_invalid(aranya_edge *client, const char *field, const char *reason);
ae_status ae_limit(aranya_edge *client, const char *name, uint64_t limit);
ae_status ae_timeout(aranya_edge *client, const char *method, uint32_t timeout_ms);
void ae_add_field(aranya_edge *client, const char *name, const char *value);
void ae_add_number(aranya_edge *client, const char *name, uint64_t value);
/* [ code, message, fields ] of the daemon; false where it is none. */
bool ae_decode_error(aranya_edge *client, struct ae_reader *r, ae_status *status);
/* Ends the connection: nothing of it can be relied on any more. */
void ae_fail(aranya_edge *client, ae_status status, const char *reason);
/* What every call answers once the connection is over. */
ae_status ae_over(aranya_edge *client);

/* transmit.c */
/* Sends what the socket takes without waiting. */
void ae_flush(aranya_edge *client);
/* Room for so many bytes at the end of tx; NULL while there is none. */
uint8_t *ae_reserve(aranya_edge *client, size_t bytes);
bool ae_has_output(const aranya_edge *client);
/* The application's message is about to go: keeps a copy of what has not been sent. */
void ae_keep_ref(aranya_edge *client, uint32_t id);
void ae_give_credit(aranya_edge *client);
void ae_put_u32(uint8_t *to, uint32_t value);
uint32_t ae_get_u32(const uint8_t *from);

/* receive.c */
/* Reads once what has arrived, without waiting, and deals with it. False when there was nothing. */
bool ae_receive(aranya_edge *client);
/* Deals with what is in rx. */
void ae_scan(aranya_edge *client);
/* Whether a read can bring anything; false while rx is full of what the application does not take. */
bool ae_can_receive(const aranya_edge *client);
/* What has been taken out of rx. */
void ae_make_hole(aranya_edge *client, size_t at);
struct ae_channel *ae_channel_of(const aranya_edge *client, const uint8_t *id);
void ae_forget_channel(aranya_edge *client, struct ae_channel *channel);
void ae_forget_channels(aranya_edge *client);

/* call.c */
ae_status ae_call(aranya_edge *client, const struct ae_method *method, const void *const *args, void *out,
		  const aranya_edge_options *options);
ae_status ae_list(aranya_edge *client, const struct ae_method *method, const void *const *args, ae_visitor *visitor,
		  void (*visit)(void), void *visit_user, const aranya_edge_options *options);
/* A request of the library's own; what comes of it is told `done`, with the client. False while there is no room. */
bool ae_request(aranya_edge *client, const struct ae_method *method, const void *const *args, aranya_edge_done *done);
void ae_answered(aranya_edge *client, uint32_t id, struct ae_reader *r, bool is_error);
void ae_answer_part(aranya_edge *client, struct ae_reader *r);
/* Ends those whose time is up; all of them once the connection is over. */
void ae_expire_calls(aranya_edge *client, int64_t now);

/* send.c */
void ae_sent(aranya_edge *client, const uint8_t *body, size_t length);
void ae_send_refused(aranya_edge *client, uint32_t id, ae_status status);
void ae_expire_sends(aranya_edge *client, int64_t now);

/* client.c */
/* Without a connection. NULL where there is no memory. */
aranya_edge *ae_make(uint32_t timeout_ms, size_t receive_bytes);
int64_t ae_now(void);
uint32_t ae_timeout_of(const aranya_edge *client, const aranya_edge_options *options);
/* OK where a call may be made: a client that is up, not from within a callback unless it does not wait. */
ae_status ae_enter(aranya_edge *client, bool waits);
/* One turn of everything that does not wait; false when nothing arrived. */
bool ae_turn(aranya_edge *client);
/* A turn as soon as the socket is ready. False when the deadline has passed, after a last turn. */
bool ae_wait(aranya_edge *client, int64_t deadline);
void ae_watch(aranya_edge *client, int64_t deadline);

/* tables.c */
/* Its names are those of the codes, from 1 on. */
extern const struct ae_schema *const ae_error_codes;
extern const struct ae_schema ae_effect_schema;
extern const struct ae_schema ae_channel_meta_schema;
extern const struct ae_schema ae_channel_gone_schema;

#endif
