/**
 * @file aranya_edge.h
 * The C client of aranya-edge: what an application on the device links to talk to the daemon beside it.
 *
 * The daemon is the device: it holds the keys, the teams and the channels. A client is a connection to its Unix socket,
 * a handle of type ::aranya_edge. Nothing is global, nothing is shared between clients.
 *
 * **Waiting.** Every call ends within its time-out. With `options` NULL a call waits, as long as the client's own
 * time-out says; with aranya_edge_options::done it starts and returns, and the callback is told how it ended. A program
 * with an event loop polls aranya_edge_fd() and calls aranya_edge_process(); see the page on event loops.
 *
 * **Memory.** What a call returns goes to memory of the caller. Texts are UTF-8 and NUL-terminated; a NUL within one, as
 * a hostile member might choose, is shown as SUB (0x1A). Texts and lists inside results stand in the client's buffer
 * and are good until the next call on the same client, or until a callback they were handed to returns. All memory is
 * taken by aranya_edge_connect(), less than 32 kB with the default options. After that memory is taken only: for a
 * channel when its first message arrives; for an answer or a message longer than aranya_edge_connect_options::receive_bytes,
 * or behind that many bytes of unread ones, until it has been read; and for the rest of a message of more than about
 * 4 kB whose time was up when the daemon had taken half of it.
 *
 * **Threads.** A client may be used by one thread at a time: give each thread its own, or put a lock of yours around
 * one. Different clients are independent. The library starts no thread, installs no signal handler and raises no
 * SIGPIPE. Call no function of a client from its callbacks, but for those that start a call by `done`, those that
 * return something at once and read the last error.
 *
 * **Errors.** Every call returns an ::aranya_edge_status. After one other than ::ARANYA_EDGE_OK the message and the fields
 * that say what and why are on the client: aranya_edge_error_message(), aranya_edge_error_field(). Once the connection is
 * gone every call returns ::ARANYA_EDGE_DAEMON_UNAVAILABLE, or ::ARANYA_EDGE_PROTOCOL_MISMATCH where the daemon made no
 * sense; close the client and connect again. Messages that had arrived can still be read.
 */
#ifndef ARANYA_EDGE_H
#define ARANYA_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(ARANYA_EDGE_BUILD) && defined(__GNUC__)
#define ARANYA_EDGE_API __attribute__((visibility("default")))
#else
#define ARANYA_EDGE_API
#endif

/** Of this header; aranya_edge_version() is that of the library. */
#define ARANYA_EDGE_VERSION "0.1.0"

/** Calls of one client that have not been answered. One more is ::ARANYA_EDGE_LIMIT_REACHED, or waits. */
#define ARANYA_EDGE_CALLS_MAX 16u
/** Messages of one client that have not been acknowledged. One more is ::ARANYA_EDGE_LIMIT_REACHED, or waits. */
#define ARANYA_EDGE_SENDS_MAX 256u
/** Bytes of an id. */
#define ARANYA_EDGE_ID_BYTES 32u
/** Bytes that hold an id as text, with its NUL: hexadecimal, the longest. */
#define ARANYA_EDGE_ID_TEXT_BYTES 65u
/** Bytes that hold a key bundle as text, with its NUL. */
#define ARANYA_EDGE_KEY_BUNDLE_BYTES 512u

/** @name Limits
 * Those of the daemon, in bytes unless named otherwise.
 * @{ */
/* begin generated: limits */

/** The protocol spoken with the daemon. */
#define ARANYA_EDGE_PROTOCOL_VERSION 1u
/** The longest any call may take. */
#define ARANYA_EDGE_TIMEOUT_MS_MAX 2147483647u
/** A message. */
#define ARANYA_EDGE_MESSAGE_BYTES_MAX 1048576u
/** A frame on the socket. */
#define ARANYA_EDGE_FRAME_BYTES_MAX 2097152u
/** A request. */
#define ARANYA_EDGE_REQUEST_BYTES_MAX 65536u
/** Messages sent and not answered, together. */
#define ARANYA_EDGE_SEND_BYTES_IN_FLIGHT_MAX 4194304u
/** A label. */
#define ARANYA_EDGE_LABEL_BYTES_MAX 64u
/** A common name. */
#define ARANYA_EDGE_COMMON_NAME_BYTES_MAX 64u
/** A network name or address. */
#define ARANYA_EDGE_NET_IDENTIFIER_BYTES_MAX 259u
/** The path of the daemon's socket. */
#define ARANYA_EDGE_SOCKET_PATH_BYTES_MAX 107u
/** A key bundle as text, with what mail does to it. */
#define ARANYA_EDGE_KEY_BUNDLE_TEXT_BYTES_MAX 4096u
/** Teams in the local store. */
#define ARANYA_EDGE_TEAMS_MAX 64u
/** Channels. */
#define ARANYA_EDGE_CHANNELS_MAX 1024u

/* end generated: limits */
/** @} */

/* begin generated: status */

/**
 * How a call ended. The same list, with the same numbers, as everywhere else; more may be added at the end.
 */
typedef enum aranya_edge_status {
	ARANYA_EDGE_OK = 0, /**< Success */
	ARANYA_EDGE_DEVICE_NOT_INITIALISED = 1, /**< There are no keys yet: aranya_edge_init_device() makes them */
	ARANYA_EDGE_UNKNOWN_TEAM = 2, /**< No such team in the local store */
	ARANYA_EDGE_TEAM_NOT_SYNCED = 3, /**< The team was added and has not been level with a peer yet */
	ARANYA_EDGE_NOT_READY = 4, /**< The daemon is still busy with something that has to be over first */
	ARANYA_EDGE_TEAM_CLOSED = 5, /**< The team was closed */
	ARANYA_EDGE_NOT_AUTHORISED = 6, /**< The policy refuses. Fields: operation, role, rule */
	ARANYA_EDGE_UNKNOWN_DEVICE = 7, /**< No such device in the team */
	ARANYA_EDGE_DEVICE_EXISTS = 8, /**< The device is in the team already */
	ARANYA_EDGE_UNKNOWN_LABEL = 9, /**< No such label in the team */
	ARANYA_EDGE_LABEL_EXISTS = 10, /**< The label is there already */
	ARANYA_EDGE_NAME_IN_USE = 11, /**< Another device has that network name */
	ARANYA_EDGE_UNKNOWN_NAME = 12, /**< Nobody has that network name */
	ARANYA_EDGE_ROLE_MISMATCH = 13, /**< The device does not have that role */
	ARANYA_EDGE_INVALID_ARGUMENT = 14, /**< An argument makes no sense. Fields: field, reason */
	ARANYA_EDGE_CONFIG_MISMATCH = 15, /**< Another client asked for another value. Fields: setting, current, wanted */
	ARANYA_EDGE_UNKNOWN_POLICY = 16, /**< The team was created under a policy this daemon does not know */
	ARANYA_EDGE_PEER_UNREACHABLE = 17, /**< Nobody answers there */
	ARANYA_EDGE_PEER_REFUSED = 18, /**< The peer refuses. Fields: reason */
	ARANYA_EDGE_NOT_A_MEMBER = 19, /**< This device is not of the team */
	ARANYA_EDGE_TIMEOUT = 20, /**< It took too long; what the daemon has begun is not undone. Fields: method, timeoutMs */
	ARANYA_EDGE_MESSAGE_TOO_LARGE = 21, /**< The message is longer than the channel takes. Fields: limit, in bytes */
	ARANYA_EDGE_BUFFER_TOO_SMALL = 22, /**< The message is kept. Fields: needed, in bytes */
	ARANYA_EDGE_NO_DATA = 23, /**< Nothing has arrived */
	ARANYA_EDGE_UNKNOWN_CHANNEL = 24, /**< No such channel, or another client's */
	ARANYA_EDGE_CHANNEL_CLOSED = 25, /**< The channel is closed. Fields: reason */
	ARANYA_EDGE_NO_LISTENER = 26, /**< No application listens at the peer */
	ARANYA_EDGE_LIMIT_REACHED = 27, /**< A named maximum is reached. Fields: name, limit */
	ARANYA_EDGE_STORAGE_FAILED = 28, /**< The daemon's store failed */
	ARANYA_EDGE_PROTOCOL_MISMATCH = 29, /**< The daemon speaks another version, or makes no sense */
	ARANYA_EDGE_DAEMON_UNAVAILABLE = 30, /**< There is no daemon, or it is gone: connect again. Fields: path, reason, remedy */
} aranya_edge_status;

/* end generated: status */

/** A client. */
typedef struct aranya_edge aranya_edge;

/** SHA-256 of a device's public identity key under its own domain. */
typedef struct aranya_edge_device_id {
	uint8_t bytes[ARANYA_EDGE_ID_BYTES];
} aranya_edge_device_id;

/** The id of the command that created the team. */
typedef struct aranya_edge_team_id {
	uint8_t bytes[ARANYA_EDGE_ID_BYTES];
} aranya_edge_team_id;

/** SHA-256 of a command's payload under its own domain. */
typedef struct aranya_edge_command_id {
	uint8_t bytes[ARANYA_EDGE_ID_BYTES];
} aranya_edge_command_id;

/** Local to one daemon: random, names one end of one channel. */
typedef struct aranya_edge_channel_id {
	uint8_t bytes[ARANYA_EDGE_ID_BYTES];
} aranya_edge_channel_id;

/* begin generated: types */

/**
 * A device's role in a team, highest first. 0 is none.
 */
typedef enum aranya_edge_role {
	ARANYA_EDGE_ROLE_OWNER = 1,
	ARANYA_EDGE_ROLE_ADMIN = 2,
	ARANYA_EDGE_ROLE_OPERATOR = 3,
	ARANYA_EDGE_ROLE_USER = 4,
	ARANYA_EDGE_ROLE_SYNC = 5,
} aranya_edge_role;

/**
 * How a channel delivers. 0 is none.
 */
typedef enum aranya_edge_delivery {
	ARANYA_EDGE_DELIVERY_RELIABLE = 1,
	ARANYA_EDGE_DELIVERY_UNRELIABLE = 2,
} aranya_edge_delivery;

/**
 * Who opened a channel. 0 is none.
 */
typedef enum aranya_edge_direction {
	ARANYA_EDGE_DIRECTION_OUTGOING = 1,
	ARANYA_EDGE_DIRECTION_INCOMING = 2,
} aranya_edge_direction;

/**
 * `hello` of aranya_edge_config_sync. 0 is none.
 */
typedef enum aranya_edge_config_sync_hello {
	ARANYA_EDGE_CONFIG_SYNC_HELLO_ON = 1,
	ARANYA_EDGE_CONFIG_SYNC_HELLO_OFF = 2,
} aranya_edge_config_sync_hello;

/**
 * `graphStore` of aranya_edge_config. 0 is none.
 */
typedef enum aranya_edge_config_graph_store {
	ARANYA_EDGE_CONFIG_GRAPH_STORE_DISK = 1,
	ARANYA_EDGE_CONFIG_GRAPH_STORE_MEMORY = 2,
} aranya_edge_config_graph_store;

/**
 * `log` of aranya_edge_config_audit. 0 is none.
 */
typedef enum aranya_edge_config_audit_log {
	ARANYA_EDGE_CONFIG_AUDIT_LOG_ON = 1,
	ARANYA_EDGE_CONFIG_AUDIT_LOG_OFF = 2,
} aranya_edge_config_audit_log;

/**
 * `logLevel` of aranya_edge_config. 0 is none.
 */
typedef enum aranya_edge_config_log_level {
	ARANYA_EDGE_CONFIG_LOG_LEVEL_ERROR = 1,
	ARANYA_EDGE_CONFIG_LOG_LEVEL_WARN = 2,
	ARANYA_EDGE_CONFIG_LOG_LEVEL_INFO = 3,
	ARANYA_EDGE_CONFIG_LOG_LEVEL_DEBUG = 4,
} aranya_edge_config_log_level;

/**
 * `udp` of aranya_edge_daemon_status_afc. 0 is none.
 */
typedef enum aranya_edge_daemon_status_afc_udp {
	ARANYA_EDGE_DAEMON_STATUS_AFC_UDP_SEGMENTS = 1,
	ARANYA_EDGE_DAEMON_STATUS_AFC_UDP_DGRAM = 2,
} aranya_edge_daemon_status_afc_udp;

/**
 * `aead` of aranya_edge_daemon_status_afc. 0 is none.
 */
typedef enum aranya_edge_daemon_status_afc_aead {
	ARANYA_EDGE_DAEMON_STATUS_AFC_AEAD_EVP = 1,
	ARANYA_EDGE_DAEMON_STATUS_AFC_AEAD_PLAIN = 2,
} aranya_edge_daemon_status_afc_aead;

/**
 * `ciphers` of aranya_edge_daemon_status_afc. 0 is none.
 */
typedef enum aranya_edge_daemon_status_afc_ciphers {
	ARANYA_EDGE_DAEMON_STATUS_AFC_CIPHERS_AES_256_GCM = 1,
	ARANYA_EDGE_DAEMON_STATUS_AFC_CIPHERS_CHACHA20_POLY1305 = 2,
} aranya_edge_daemon_status_afc_ciphers;

/**
 * `state` of aranya_edge_daemon_status_audit. 0 is none.
 */
typedef enum aranya_edge_daemon_status_audit_state {
	ARANYA_EDGE_DAEMON_STATUS_AUDIT_STATE_WAITING = 1,
	ARANYA_EDGE_DAEMON_STATUS_AUDIT_STATE_DISK = 2,
	ARANYA_EDGE_DAEMON_STATUS_AUDIT_STATE_JOURNAL = 3,
	ARANYA_EDGE_DAEMON_STATUS_AUDIT_STATE_FAILING = 4,
	ARANYA_EDGE_DAEMON_STATUS_AUDIT_STATE_OFF = 5,
} aranya_edge_daemon_status_audit_state;

/**
 * `state` of aranya_edge_channel_info. 0 is none.
 */
typedef enum aranya_edge_channel_info_state {
	ARANYA_EDGE_CHANNEL_INFO_STATE_OPENING = 1,
	ARANYA_EDGE_CHANNEL_INFO_STATE_OPEN = 2,
	ARANYA_EDGE_CHANNEL_INFO_STATE_CLOSING = 3,
} aranya_edge_channel_info_state;

/**
 * `cause` of aranya_edge_effect_sync_stalled. 0 is none.
 */
typedef enum aranya_edge_effect_sync_stalled_cause {
	ARANYA_EDGE_EFFECT_SYNC_STALLED_CAUSE_NOT_LEVEL = 1,
	ARANYA_EDGE_EFFECT_SYNC_STALLED_CAUSE_NO_PROGRESS = 2,
	ARANYA_EDGE_EFFECT_SYNC_STALLED_CAUSE_HEADS_MISSING = 3,
} aranya_edge_effect_sync_stalled_cause;

/**
 * The public half of a device, signed by its identity key.
 */
typedef struct aranya_edge_key_bundle {
	uint8_t identity_key[32];
	uint8_t signing_key[32];
	uint8_t encryption_key[32];
	uint8_t signature[64];
} aranya_edge_key_bundle;

/**
 * `sync` of aranya_edge_config.
 */
typedef struct aranya_edge_config_sync {
	const char *listen; /**< NULL where there is none */
	enum aranya_edge_config_sync_hello hello;
} aranya_edge_config_sync;

/**
 * `afc` of aranya_edge_config.
 */
typedef struct aranya_edge_config_afc {
	const char *listen; /**< NULL where there is none */
	uint64_t rotate_after_bytes;
	uint64_t rotate_after_ms;
	uint64_t rekey_after_bytes;
	uint64_t rekey_after_ms;
} aranya_edge_config_afc;

/**
 * `metrics` of aranya_edge_config.
 */
typedef struct aranya_edge_config_metrics {
	const char *listen; /**< NULL where there is none */
} aranya_edge_config_metrics;

/**
 * `audit` of aranya_edge_config.
 */
typedef struct aranya_edge_config_audit {
	enum aranya_edge_config_audit_log log;
	uint64_t bytes_max;
} aranya_edge_config_audit;

/**
 * Settings wanted of the daemon. What is zero or NULL is not asked for.
 */
typedef struct aranya_edge_config {
	aranya_edge_config_sync sync;
	aranya_edge_config_afc afc;
	aranya_edge_config_metrics metrics;
	enum aranya_edge_config_graph_store graph_store;
	aranya_edge_config_audit audit;
	enum aranya_edge_config_log_level log_level;
} aranya_edge_config;

/**
 * `memory` of aranya_edge_daemon_status.
 */
typedef struct aranya_edge_daemon_status_memory {
	bool has_anonymous_bytes;
	uint64_t anonymous_bytes;
	bool has_resident_bytes;
	uint64_t resident_bytes;
} aranya_edge_daemon_status_memory;

/**
 * `sync` of aranya_edge_daemon_status.
 */
typedef struct aranya_edge_daemon_status_sync {
	const char *listen; /**< NULL where there is none */
} aranya_edge_daemon_status_sync;

/**
 * `metrics` of aranya_edge_daemon_status.
 */
typedef struct aranya_edge_daemon_status_metrics {
	const char *listen; /**< NULL where there is none */
} aranya_edge_daemon_status_metrics;

/**
 * `afc` of aranya_edge_daemon_status.
 */
typedef struct aranya_edge_daemon_status_afc {
	bool has_kernel_drops;
	uint64_t kernel_drops;
	const char *listen; /**< NULL where there is none */
	enum aranya_edge_daemon_status_afc_udp udp;
	enum aranya_edge_daemon_status_afc_aead aead;
	size_t ciphers_count;
	enum aranya_edge_daemon_status_afc_ciphers ciphers[4];
} aranya_edge_daemon_status_afc;

/**
 * `audit` of aranya_edge_daemon_status.
 */
typedef struct aranya_edge_daemon_status_audit {
	enum aranya_edge_daemon_status_audit_state state;
	uint64_t seq;
	const char *head; /**< NULL where there is none */
	uint64_t lost;
} aranya_edge_daemon_status_audit;

/**
 * Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start.
 */
typedef struct aranya_edge_daemon_status {
	const char *version;
	bool has_device_id;
	aranya_edge_device_id device_id;
	uint64_t uptime_ms;
	aranya_edge_daemon_status_memory memory;
	uint64_t damaged_logs;
	aranya_edge_daemon_status_sync sync;
	aranya_edge_daemon_status_metrics metrics;
	aranya_edge_daemon_status_afc afc;
	aranya_edge_daemon_status_audit audit;
} aranya_edge_daemon_status;

/**
 * The daemon's metrics.
 */
typedef struct aranya_edge_metrics_text {
	const char *text;
} aranya_edge_metrics_text;

/**
 * What a sync brought.
 */
typedef struct aranya_edge_sync_report {
	uint64_t received;
	uint64_t accepted;
	uint64_t recalled;
	size_t heads_count;
	const aranya_edge_command_id *heads;
} aranya_edge_sync_report;

/**
 * Where a team stands on this device.
 */
typedef struct aranya_edge_team_state {
	aranya_edge_team_id team_id;
	const char *policy_id;
	bool closed;
	size_t heads_count;
	const aranya_edge_command_id *heads;
	uint64_t command_count;
	size_t unheard_count;
	const aranya_edge_device_id *unheard;
	uint64_t aside_count;
	bool has_stalled_for_ms;
	uint64_t stalled_for_ms;
	const char *state_digest;
} aranya_edge_team_state;

/**
 * A device of a team.
 */
typedef struct aranya_edge_device_info {
	aranya_edge_device_id device_id;
	const char *common_name;
	enum aranya_edge_role role;
	const char *net_identifier; /**< NULL where there is none */
	size_t labels_count;
	const char *labels; /**< one behind the other, each with its NUL; see aranya_edge_next_text */
	aranya_edge_key_bundle key_bundle;
} aranya_edge_device_info;

/**
 * `lastError` of aranya_edge_sync_peer_info.
 */
typedef struct aranya_edge_sync_peer_info_last_error {
	enum aranya_edge_status code;
	const char *reason;
	uint64_t at;
} aranya_edge_sync_peer_info_last_error;

/**
 * A sync peer, with how it last fared. Times of day are milliseconds since 1970 by the device's own clock.
 */
typedef struct aranya_edge_sync_peer_info {
	const char *address;
	aranya_edge_team_id team_id;
	uint64_t rate_ms;
	bool has_expected_device_id;
	aranya_edge_device_id expected_device_id;
	bool has_last_success;
	uint64_t last_success;
	bool has_last_error;
	aranya_edge_sync_peer_info_last_error last_error;
	bool has_failures;
	uint64_t failures;
	bool has_behind;
	bool behind;
	bool has_behind_for_ms;
	uint64_t behind_for_ms;
	bool has_heads_missing;
	uint64_t heads_missing;
} aranya_edge_sync_peer_info;

/**
 * A channel.
 */
typedef struct aranya_edge_channel_info {
	aranya_edge_channel_id channel_id;
	aranya_edge_team_id team_id;
	aranya_edge_device_id peer_device_id;
	const char *remote_net_identifier;
	const char *label;
	enum aranya_edge_delivery delivery;
	enum aranya_edge_channel_info_state state;
	enum aranya_edge_direction direction;
} aranya_edge_channel_info;

/**
 * A message, and from whom; `length` in bytes.
 */
typedef struct aranya_edge_received {
	uint64_t length;
	aranya_edge_channel_id channel_id;
	aranya_edge_team_id team_id;
	const char *remote_net_identifier;
	const char *label;
} aranya_edge_received;

/* end generated: types */

/* begin generated: effects */

/**
 * What an effect tells of.
 */
typedef enum aranya_edge_effect_type {
	ARANYA_EDGE_EFFECT_TYPE_DEVICE_ADDED = 1,
	ARANYA_EDGE_EFFECT_TYPE_DEVICE_REMOVED = 2,
	ARANYA_EDGE_EFFECT_TYPE_ROLE_CHANGED = 3,
	ARANYA_EDGE_EFFECT_TYPE_NETWORK_NAME_ASSIGNED = 4,
	ARANYA_EDGE_EFFECT_TYPE_NETWORK_NAME_REVOKED = 5,
	ARANYA_EDGE_EFFECT_TYPE_LABEL_CREATED = 6,
	ARANYA_EDGE_EFFECT_TYPE_LABEL_DELETED = 7,
	ARANYA_EDGE_EFFECT_TYPE_LABEL_ASSIGNED = 8,
	ARANYA_EDGE_EFFECT_TYPE_LABEL_REVOKED = 9,
	ARANYA_EDGE_EFFECT_TYPE_TEAM_CLOSED = 10,
	ARANYA_EDGE_EFFECT_TYPE_COMMAND_RECALLED = 11,
	ARANYA_EDGE_EFFECT_TYPE_FORKED = 12,
	ARANYA_EDGE_EFFECT_TYPE_TEAM_STOPPED = 13,
	ARANYA_EDGE_EFFECT_TYPE_CHANNEL_OPENED = 14,
	ARANYA_EDGE_EFFECT_TYPE_CHANNEL_CLOSED = 15,
	ARANYA_EDGE_EFFECT_TYPE_SYNC_SUCCEEDED = 16,
	ARANYA_EDGE_EFFECT_TYPE_SYNC_FAILED = 17,
	ARANYA_EDGE_EFFECT_TYPE_EFFECTS_LOST = 18,
	ARANYA_EDGE_EFFECT_TYPE_SYNC_STALLED = 19,
	ARANYA_EDGE_EFFECT_TYPE_SYNC_RESUMED = 20,
} aranya_edge_effect_type;

/**
 * Effect: device added.
 */
typedef struct aranya_edge_effect_device_added {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	const char *common_name;
	enum aranya_edge_role role;
} aranya_edge_effect_device_added;

/**
 * Effect: device removed.
 */
typedef struct aranya_edge_effect_device_removed {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
} aranya_edge_effect_device_removed;

/**
 * Effect: role changed.
 */
typedef struct aranya_edge_effect_role_changed {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	enum aranya_edge_role from;
	enum aranya_edge_role to;
} aranya_edge_effect_role_changed;

/**
 * Effect: network name assigned.
 */
typedef struct aranya_edge_effect_network_name_assigned {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	const char *net_identifier;
} aranya_edge_effect_network_name_assigned;

/**
 * Effect: network name revoked.
 */
typedef struct aranya_edge_effect_network_name_revoked {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	const char *net_identifier;
} aranya_edge_effect_network_name_revoked;

/**
 * Effect: label created.
 */
typedef struct aranya_edge_effect_label_created {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	const char *label;
} aranya_edge_effect_label_created;

/**
 * Effect: label deleted.
 */
typedef struct aranya_edge_effect_label_deleted {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	const char *label;
} aranya_edge_effect_label_deleted;

/**
 * Effect: label assigned.
 */
typedef struct aranya_edge_effect_label_assigned {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	const char *label;
} aranya_edge_effect_label_assigned;

/**
 * Effect: label revoked.
 */
typedef struct aranya_edge_effect_label_revoked {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_device_id device_id;
	const char *label;
} aranya_edge_effect_label_revoked;

/**
 * Effect: team closed.
 */
typedef struct aranya_edge_effect_team_closed {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
} aranya_edge_effect_team_closed;

/**
 * Effect: command recalled.
 */
typedef struct aranya_edge_effect_command_recalled {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	const char *kind;
	const char *reason;
} aranya_edge_effect_command_recalled;

/**
 * Effect: forked.
 */
typedef struct aranya_edge_effect_forked {
	aranya_edge_team_id team_id;
	aranya_edge_command_id command_id;
	aranya_edge_device_id author;
	aranya_edge_command_id other_command_id;
} aranya_edge_effect_forked;

/**
 * Effect: team stopped.
 */
typedef struct aranya_edge_effect_team_stopped {
	aranya_edge_team_id team_id;
	enum aranya_edge_status code;
	const char *reason;
} aranya_edge_effect_team_stopped;

/**
 * Effect: channel opened.
 */
typedef struct aranya_edge_effect_channel_opened {
	aranya_edge_team_id team_id;
	aranya_edge_channel_id channel_id;
	aranya_edge_device_id peer_device_id;
	const char *remote_net_identifier;
	const char *label;
	enum aranya_edge_delivery delivery;
	enum aranya_edge_direction direction;
} aranya_edge_effect_channel_opened;

/**
 * Effect: channel closed.
 */
typedef struct aranya_edge_effect_channel_closed {
	aranya_edge_team_id team_id;
	aranya_edge_channel_id channel_id;
	const char *reason;
} aranya_edge_effect_channel_closed;

/**
 * Effect: sync succeeded.
 */
typedef struct aranya_edge_effect_sync_succeeded {
	aranya_edge_team_id team_id;
	const char *address;
	uint64_t received;
	uint64_t accepted;
	uint64_t recalled;
} aranya_edge_effect_sync_succeeded;

/**
 * Effect: sync failed.
 */
typedef struct aranya_edge_effect_sync_failed {
	aranya_edge_team_id team_id;
	const char *address;
	enum aranya_edge_status code;
	const char *reason;
	bool has_device_id;
	aranya_edge_device_id device_id;
} aranya_edge_effect_sync_failed;

/**
 * Effect: effects lost.
 */
typedef struct aranya_edge_effect_effects_lost {
	uint64_t count;
} aranya_edge_effect_effects_lost;

/**
 * Effect: sync stalled.
 */
typedef struct aranya_edge_effect_sync_stalled {
	aranya_edge_team_id team_id;
	enum aranya_edge_effect_sync_stalled_cause cause;
	uint64_t for_ms;
} aranya_edge_effect_sync_stalled;

/**
 * Effect: sync resumed.
 */
typedef struct aranya_edge_effect_sync_resumed {
	aranya_edge_team_id team_id;
	uint64_t for_ms;
} aranya_edge_effect_sync_resumed;

/**
 * What happened. `type` says which member of the union tells of it.
 */
typedef struct aranya_edge_effect {
	aranya_edge_effect_type type;
	union {
		aranya_edge_effect_device_added device_added;
		aranya_edge_effect_device_removed device_removed;
		aranya_edge_effect_role_changed role_changed;
		aranya_edge_effect_network_name_assigned network_name_assigned;
		aranya_edge_effect_network_name_revoked network_name_revoked;
		aranya_edge_effect_label_created label_created;
		aranya_edge_effect_label_deleted label_deleted;
		aranya_edge_effect_label_assigned label_assigned;
		aranya_edge_effect_label_revoked label_revoked;
		aranya_edge_effect_team_closed team_closed;
		aranya_edge_effect_command_recalled command_recalled;
		aranya_edge_effect_forked forked;
		aranya_edge_effect_team_stopped team_stopped;
		aranya_edge_effect_channel_opened channel_opened;
		aranya_edge_effect_channel_closed channel_closed;
		aranya_edge_effect_sync_succeeded sync_succeeded;
		aranya_edge_effect_sync_failed sync_failed;
		aranya_edge_effect_effects_lost effects_lost;
		aranya_edge_effect_sync_stalled sync_stalled;
		aranya_edge_effect_sync_resumed sync_resumed;
	} of;
} aranya_edge_effect;

/* end generated: effects */

/**
 * Told once how a call that was started ended, from within a later call on the client, never from within the one that
 * started it. What the call returns has been written by then.
 */
typedef void aranya_edge_done(void *user, aranya_edge_status status);

/** How a call is made. All zero is as NULL. */
typedef struct aranya_edge_options {
	/** Milliseconds until the call ends with ::ARANYA_EDGE_TIMEOUT; 0 for the client's own. */
	uint32_t timeout_ms;
	/**
	 * NULL: the call waits. Else it starts and returns ::ARANYA_EDGE_OK at once; pointers to results, `visit`, and the bytes
	 * of a message, must stay good until `done` is told. When the call returns anything else it did not start, and
	 * `done` is not told.
	 */
	aranya_edge_done *done;
	/** Handed to `done`. */
	void *user;
} aranya_edge_options;

/** How to connect. All zero is as NULL. */
typedef struct aranya_edge_connect_options {
	/** Milliseconds for connecting, and the default of every call; 0 for 30 seconds. */
	uint32_t timeout_ms;
	/** Settings wanted of the daemon, or NULL. */
	const aranya_edge_config *config;
	/**
	 * Bytes of the receive buffer, 4096 to 16 MiB; 0 for 12288. Messages of up to 41 bytes less are read without another
	 * allocation.
	 */
	size_t receive_bytes;
} aranya_edge_connect_options;

/**
 * Connects to the daemon.
 *
 * On failure `*client` is a client too, on which the error can be asked for; it is to be closed as any other. It is NULL
 * only when there is no memory, which is ::ARANYA_EDGE_LIMIT_REACHED.
 *
 * @param[out] client Close it with aranya_edge_close()
 * @param socket_path Where the daemon listens, up to ::ARANYA_EDGE_SOCKET_PATH_BYTES_MAX bytes
 * @param options NULL for the defaults
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DAEMON_UNAVAILABLE (path, reason, remedy), ARANYA_EDGE_CONFIG_MISMATCH (setting,
 *   current, wanted), ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_INVALID_ARGUMENT
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_connect(aranya_edge **client, const char *socket_path,
                                                       const aranya_edge_connect_options *options);

/**
 * Closes the connection, and with it this client's channels. `done` of every call that was started is told
 * ::ARANYA_EDGE_DAEMON_UNAVAILABLE. Not to be called from a callback of this client.
 *
 * @param client May be NULL
 */
ARANYA_EDGE_API void aranya_edge_close(aranya_edge *client);

/** @name The last error
 * Of the last call on the client that did not return ::ARANYA_EDGE_OK. Texts are good until the next call.
 * @{ */
/** @return Its status; ::ARANYA_EDGE_OK when there was none. */
ARANYA_EDGE_API aranya_edge_status aranya_edge_error_status(const aranya_edge *client);
/** @return What happened, for people; empty when there was no error. */
ARANYA_EDGE_API const char *aranya_edge_error_message(const aranya_edge *client);
/** @return The value of a field, numbers in decimal; NULL when the error has no such field. */
ARANYA_EDGE_API const char *aranya_edge_error_field(const aranya_edge *client, const char *name);
/** @return The name of the field with that index, from 0 on; NULL beyond the last. `*value` is its value. */
ARANYA_EDGE_API const char *aranya_edge_error_field_at(const aranya_edge *client, size_t index, const char **value);
/** @return The code's name as everywhere else, such as "UnknownTeam"; "OK"; NULL for what is no status. */
ARANYA_EDGE_API const char *aranya_edge_status_name(aranya_edge_status status);
/** @} */

/** @name Event loops
 * @{ */
/** @return The connection's file descriptor, to poll and not to read, write or close; -1 when there is none. */
ARANYA_EDGE_API int aranya_edge_fd(const aranya_edge *client);
/**
 * @return What to poll the descriptor for, POLLIN and POLLOUT; ask again after every call. POLLIN is missing while the
 *   client is full of messages that nobody reads.
 */
ARANYA_EDGE_API short aranya_edge_events(const aranya_edge *client);
/** @return Milliseconds until aranya_edge_process() has something to do though the descriptor is quiet; -1 for never. */
ARANYA_EDGE_API int aranya_edge_timeout(const aranya_edge *client);
/**
 * Does what there is to do, without waiting: reads and writes, tells `done` of calls that have ended.
 * @return ARANYA_EDGE_OK; once the connection is over, why
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_process(aranya_edge *client);
/** @} */

/** @name Data
 * @{ */
/**
 * Waits for a message. The first call registers this client for incoming channels, which go to the first client of the
 * daemon that registered and is still there.
 *
 * @param client The client
 * @param timeout_ms Milliseconds; 0 looks without waiting
 * @return ARANYA_EDGE_OK as soon as aranya_edge_read_data() has a message, ARANYA_EDGE_TIMEOUT when none came in time,
 *   ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_poll_data(aranya_edge *client, uint32_t timeout_ms);

/**
 * Copies the next message that has arrived into `buffer`, one message a call, at once.
 *
 * @param client The client
 * @param buffer Where to
 * @param capacity Bytes there are
 * @param[out] received Its length, its channel, and from whom; may be NULL
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_NO_DATA, ARANYA_EDGE_BUFFER_TOO_SMALL (needed), which keeps the message and writes
 *   `received`; ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_read_data(aranya_edge *client, void *buffer, size_t capacity,
                                                         aranya_edge_received *received);

/**
 * Encrypts and sends a message.
 *
 * A program that wants throughput starts many by aranya_edge_options::done, up to ::ARANYA_EDGE_SENDS_MAX at a time;
 * those that wait together leave together, at the latest with the next aranya_edge_process().
 *
 * @param client The client
 * @param bytes The message; good until the call has ended
 * @param length Up to ::ARANYA_EDGE_MESSAGE_BYTES_MAX
 * @param channel_id A channel of this client
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK once the peer's daemon has acknowledged all of it (on an unreliable channel: once it is sent);
 *   ARANYA_EDGE_TIMEOUT: the outcome is unknown, and it is not sent again; ARANYA_EDGE_UNKNOWN_CHANNEL,
 *   ARANYA_EDGE_CHANNEL_CLOSED, ARANYA_EDGE_MESSAGE_TOO_LARGE, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_INVALID_ARGUMENT,
 *   ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_send_data(aranya_edge *client, const void *bytes, size_t length,
                                                         const aranya_edge_channel_id *channel_id,
                                                         const aranya_edge_options *options);

/**
 * Takes the next effect; aranya_edge_subscribe_effects() begins the stream. A reader that does not keep up holds the
 * stream back, up to 4096 effects in the daemon; then `ARANYA_EDGE_EFFECT_TYPE_EFFECTS_LOST` is the last one, and the
 * stream is to be begun again.
 *
 * @param client The client
 * @param[out] effect Texts in it are good until the next call on this client
 * @param timeout_ms Milliseconds to wait for one; 0 looks without waiting
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_TIMEOUT when none came in time, ARANYA_EDGE_NO_DATA when the stream has not begun or
 *   has ended, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_next_effect(aranya_edge *client, aranya_edge_effect *effect,
                                                           uint32_t timeout_ms);
/** @} */

/** @name Calls
 * @{ */
/* begin generated: calls */

/**
 * Effects flow from here on, under credit. False when they do already.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_subscribe_effects(client, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_subscribe_effects(aranya_edge *client, bool *changed,
        const aranya_edge_options *options);

/**
 * Effects stop. False when they did not flow.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_unsubscribe_effects(client, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_unsubscribe_effects(aranya_edge *client, bool *changed,
        const aranya_edge_options *options);

/**
 * Creates the device's keys if there are none, and returns its id: the same one ever after.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] device_id device id; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT,
 * ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_init_device(client, &device_id, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_init_device(aranya_edge *client, aranya_edge_device_id *device_id,
                                                           const aranya_edge_options *options);

/**
 * The device's id.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] device_id device id; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_get_device_id(client, &device_id, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_get_device_id(aranya_edge *client, aranya_edge_device_id *device_id,
        const aranya_edge_options *options);

/**
 * The device's public keys (identity, signing, encryption), signed by the identity key. Hand it to whoever adds
 * the device.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_get_key_bundle(client, &result, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_get_key_bundle(aranya_edge *client, aranya_edge_key_bundle *result,
        const aranya_edge_options *options);

/**
 * Adds a team to the local store, to be fetched from a sync peer. False when it is there already.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param team_id team id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_STORAGE_FAILED,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_add_team(client, &team_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_add_team(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                        bool *changed, const aranya_edge_options *options);

/**
 * Removes a team from the local store with its log, sync peers and channels. The device stays a member: the team
 * learns nothing of it. False when it is not there.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param team_id team id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_STORAGE_FAILED,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_remove_team(client, &team_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_remove_team(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                           bool *changed, const aranya_edge_options *options);

/**
 * Syncs with a peer at once and then every `rate_ms` milliseconds (100 ms to 24 h). `address` is a DNS name or
 * IPv4 address, with port 4321 unless it says another. With `expected_device_id` no other device is accepted
 * there. False when the peer is there already with the same rate; another rate takes its place.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param address text, 1 to 259 bytes
 * @param team_id team id
 * @param rate_ms integer, 100 to 86400000
 * @param expected_device_id device id; NULL for none
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_add_sync_peer(client, "hub.example", &team_id, 1000, &expected_device_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_add_sync_peer(aranya_edge *client, const char *address,
        const aranya_edge_team_id *team_id, uint64_t rate_ms, const aranya_edge_device_id *expected_device_id,
        bool *changed, const aranya_edge_options *options);

/**
 * Stops syncing a team with a peer. False when it is not there.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param address text, 1 to 259 bytes
 * @param team_id team id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_remove_sync_peer(client, "hub.example", &team_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_remove_sync_peer(aranya_edge *client, const char *address,
        const aranya_edge_team_id *team_id, bool *changed, const aranya_edge_options *options);

/**
 * Pulls from a peer now, whether or not it was added, and returns when level with it. `timeout_ms` in
 * milliseconds.
 *
 * Permission: any device of the team.
 *
 * @param client The client
 * @param address text, 1 to 259 bytes
 * @param team_id team id
 * @param expected_device_id device id; NULL for none
 * @param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_PEER_UNREACHABLE, ARANYA_EDGE_PEER_REFUSED, ARANYA_EDGE_NOT_A_MEMBER,
 * ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_sync_now(client, "hub.example", &team_id, &expected_device_id, &result, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_sync_now(aranya_edge *client, const char *address,
                                                        const aranya_edge_team_id *team_id,
                                                        const aranya_edge_device_id *expected_device_id,
                                                        aranya_edge_sync_report *result,
                                                        const aranya_edge_options *options);

/**
 * Creates a team with this device as its owner.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] team_id team id; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_STORAGE_FAILED,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_create_team(client, &team_id, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_create_team(aranya_edge *client, aranya_edge_team_id *team_id,
                                                           const aranya_edge_options *options);

/**
 * Closes a team: every later operation on it fails with TeamClosed, on every device that learns of it. Cannot be
 * undone.
 *
 * Permission: owner.
 *
 * @param client The client
 * @param team_id team id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_close_team(client, &team_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_close_team(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                          bool *changed, const aranya_edge_options *options);

/**
 * Adds a device by its key bundle, with the role sync, and returns its id. `common_name` is for people, up to 64
 * bytes. A bundle with unsound keys or a signature that does not hold is InvalidArgument.
 *
 * Permission: owner, operator.
 *
 * @param client The client
 * @param team_id team id
 * @param key_bundle { identityKey: 32 bytes; signingKey: 32 bytes; encryptionKey: 32 bytes; signature: 64 bytes }
 * @param common_name text, 1 to 64 bytes
 * @param[out] device_id device id; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_DEVICE_EXISTS,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_add_device(client, &team_id, &key_bundle, "pump 3", &device_id, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_add_device(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                          const aranya_edge_key_bundle *key_bundle,
                                                          const char *common_name, aranya_edge_device_id *device_id,
                                                          const aranya_edge_options *options);

/**
 * Removes a device with its role, labels and network name, and closes its channels. What it did concurrently, in a
 * lower role than the author's, is recalled.
 *
 * Permission: owner: any below, itself; operator: user and sync devices, itself; others: themselves.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_remove_device(client, &team_id, &device_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_remove_device(aranya_edge *client, const aranya_edge_team_id *team_id,
        const aranya_edge_device_id *device_id, bool *changed, const aranya_edge_options *options);

/**
 * Gives a device a role in place of the one it has. False when it has it already. sync is given by
 * aranya_edge_revoke_role(). An operator made admin loses what only operators may do.
 *
 * Permission: owner: any role to a device below; admin: operator, user; operator: user; lowering oneself.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param role "owner", "admin", "operator", "user", "sync"
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_assign_role(client, &team_id, &device_id, ARANYA_EDGE_ROLE_SYNC, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_assign_role(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                           const aranya_edge_device_id *device_id,
                                                           enum aranya_edge_role role, bool *changed,
                                                           const aranya_edge_options *options);

/**
 * Takes a role away; the device keeps the role sync. RoleMismatch when it does not have that role.
 *
 * Permission: owner: roles below, its own; admin: its own; operator: user, its own; user: its own.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param role "owner", "admin", "operator", "user", "sync"
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_ROLE_MISMATCH, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_revoke_role(client, &team_id, &device_id, ARANYA_EDGE_ROLE_SYNC, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_revoke_role(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                           const aranya_edge_device_id *device_id,
                                                           enum aranya_edge_role role, bool *changed,
                                                           const aranya_edge_options *options);

/**
 * Gives a device the network name others reach it by: a DNS name or IPv4 address, with port 4321 unless it says
 * another. It takes the place of the name before. False when the device has it already; NameInUse when another
 * has.
 *
 * Permission: owner, admin, operator.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param net_identifier text, 1 to 259 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_NAME_IN_USE, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_assign_network_name(client, &team_id, &device_id, "pump-3.example:5000", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_assign_network_name(aranya_edge *client,
        const aranya_edge_team_id *team_id, const aranya_edge_device_id *device_id, const char *net_identifier,
        bool *changed, const aranya_edge_options *options);

/**
 * Takes a device's network name away. UnknownName when it does not have that name.
 *
 * Permission: owner, admin, operator.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param net_identifier text, 1 to 259 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_UNKNOWN_NAME, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_revoke_network_name(client, &team_id, &device_id, "pump-3.example:5000", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_revoke_network_name(aranya_edge *client,
        const aranya_edge_team_id *team_id, const aranya_edge_device_id *device_id, const char *net_identifier,
        bool *changed, const aranya_edge_options *options);

/**
 * Creates a label, up to 64 bytes. Devices that both have it may open channels to each other.
 *
 * Permission: owner, admin.
 *
 * @param client The client
 * @param team_id team id
 * @param label text, 1 to 64 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_LABEL_EXISTS,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_create_label(client, &team_id, "telemetry", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_create_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                            const char *label, bool *changed,
                                                            const aranya_edge_options *options);

/**
 * Deletes a label, takes it from every device and closes its channels. Created again it is a new label.
 *
 * Permission: owner, admin.
 *
 * @param client The client
 * @param team_id team id
 * @param label text, 1 to 64 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_LABEL,
 * ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH,
 * ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_delete_label(client, &team_id, "telemetry", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_delete_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                            const char *label, bool *changed,
                                                            const aranya_edge_options *options);

/**
 * Gives a device a label. False when it has it already.
 *
 * Permission: owner, operator.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param label text, 1 to 64 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_UNKNOWN_LABEL, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_assign_label(client, &team_id, &device_id, "telemetry", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_assign_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                            const aranya_edge_device_id *device_id, const char *label,
                                                            bool *changed, const aranya_edge_options *options);

/**
 * Takes a label from a device and closes the channels that need it. False when the device does not have it.
 *
 * Permission: owner, operator.
 *
 * @param client The client
 * @param team_id team id
 * @param device_id device id
 * @param label text, 1 to 64 bytes
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_STORAGE_FAILED, ARANYA_EDGE_UNKNOWN_DEVICE,
 * ARANYA_EDGE_UNKNOWN_LABEL, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_revoke_label(client, &team_id, &device_id, "telemetry", &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_revoke_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                            const aranya_edge_device_id *device_id, const char *label,
                                                            bool *changed, const aranya_edge_options *options);

/**
 * Opens a channel to the device with that network name and returns once the peer has agreed, within `timeout_ms`
 * milliseconds. `delivery` is reliable unless told. The channel belongs to this connection and closes with it.
 *
 * Permission: user with the label, to a user with the label.
 *
 * @param client The client
 * @param team_id team id
 * @param net_identifier text, 1 to 259 bytes
 * @param label text, 1 to 64 bytes
 * @param delivery "reliable", "unreliable"; 0 for none
 * @param[out] channel_id channel id; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_TEAM_CLOSED, ARANYA_EDGE_NOT_READY,
 * ARANYA_EDGE_NOT_AUTHORISED, ARANYA_EDGE_NOT_A_MEMBER, ARANYA_EDGE_UNKNOWN_LABEL, ARANYA_EDGE_UNKNOWN_NAME,
 * ARANYA_EDGE_PEER_UNREACHABLE, ARANYA_EDGE_PEER_REFUSED, ARANYA_EDGE_NO_LISTENER, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_create_channel(client, &team_id, "pump-3.example:5000", "telemetry",
 * ARANYA_EDGE_DELIVERY_UNRELIABLE, &channel_id, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_create_channel(aranya_edge *client, const aranya_edge_team_id *team_id,
        const char *net_identifier, const char *label, enum aranya_edge_delivery delivery,
        aranya_edge_channel_id *channel_id, const aranya_edge_options *options);

/**
 * Closes a channel at both ends.
 *
 * Permission: the connection the channel belongs to.
 *
 * @param client The client
 * @param team_id team id
 * @param channel_id channel id
 * @param[out] changed Whether the call changed something here; may be NULL
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_UNKNOWN_CHANNEL, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_delete_channel(client, &team_id, &channel_id, &changed, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_delete_channel(aranya_edge *client, const aranya_edge_team_id *team_id,
        const aranya_edge_channel_id *channel_id, bool *changed, const aranya_edge_options *options);

/**
 * Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start: those of
 * the platform, or plain ones.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_get_status(client, &result, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_get_status(aranya_edge *client, aranya_edge_daemon_status *result,
                                                          const aranya_edge_options *options);

/**
 * The daemon's metrics as OpenMetrics text. docs/observability.md lists them.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED,
 * ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_metrics(client, &result, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_metrics(aranya_edge *client, aranya_edge_metrics_text *result,
                                                       const aranya_edge_options *options);

/** Is told each item of aranya_edge_teams(). */
typedef void aranya_edge_visit_teams(void *visit_user, const aranya_edge_team_id *item);

/**
 * The teams in the local store.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param visit Is told each item, which is good until it returns. When the call fails it may have been told some
 * @param visit_user Handed to `visit`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_teams(client, print_teams, stdout, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_teams(aranya_edge *client, aranya_edge_visit_teams *visit,
                                                     void *visit_user, const aranya_edge_options *options);

/**
 * Where a team stands on this device.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param team_id team id
 * @param[out] result Texts and lists in it are good until the next call on this client, or the end of `done`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT,
 * ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_team(client, &team_id, &result, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_team(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                    aranya_edge_team_state *result,
                                                    const aranya_edge_options *options);

/** Is told each item of aranya_edge_devices(). */
typedef void aranya_edge_visit_devices(void *visit_user, const aranya_edge_device_info *item);

/**
 * The devices of a team with name, role, labels, network name and key bundle.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param team_id team id
 * @param visit Is told each item, which is good until it returns. When the call fails it may have been told some
 * @param visit_user Handed to `visit`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT,
 * ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_devices(client, &team_id, print_devices, stdout, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_devices(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                       aranya_edge_visit_devices *visit, void *visit_user,
                                                       const aranya_edge_options *options);

/** Is told each item of aranya_edge_labels(). */
typedef void aranya_edge_visit_labels(void *visit_user, const char *item);

/**
 * The labels of a team.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param team_id team id
 * @param visit Is told each item, which is good until it returns. When the call fails it may have been told some
 * @param visit_user Handed to `visit`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_UNKNOWN_TEAM,
 * ARANYA_EDGE_TEAM_NOT_SYNCED, ARANYA_EDGE_UNKNOWN_POLICY, ARANYA_EDGE_INVALID_ARGUMENT, ARANYA_EDGE_TIMEOUT,
 * ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_labels(client, &team_id, print_labels, stdout, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_labels(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                      aranya_edge_visit_labels *visit, void *visit_user,
                                                      const aranya_edge_options *options);

/** Is told each item of aranya_edge_sync_peers(). */
typedef void aranya_edge_visit_sync_peers(void *visit_user, const aranya_edge_sync_peer_info *item);

/**
 * The sync peers, each with its last success and failure.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param visit Is told each item, which is good until it returns. When the call fails it may have been told some
 * @param visit_user Handed to `visit`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_sync_peers(client, print_sync_peers, stdout, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_sync_peers(aranya_edge *client, aranya_edge_visit_sync_peers *visit,
                                                          void *visit_user, const aranya_edge_options *options);

/** Is told each item of aranya_edge_channels(). */
typedef void aranya_edge_visit_channels(void *visit_user, const aranya_edge_channel_info *item);

/**
 * The channels and their state.
 *
 * Permission: anyone who may open the socket.
 *
 * @param client The client
 * @param visit Is told each item, which is good until it returns. When the call fails it may have been told some
 * @param visit_user Handed to `visit`
 * @param options Time-out and callback; NULL waits with the client's own time-out
 * @return ARANYA_EDGE_OK, or ARANYA_EDGE_DEVICE_NOT_INITIALISED, ARANYA_EDGE_INVALID_ARGUMENT,
 * ARANYA_EDGE_TIMEOUT, ARANYA_EDGE_LIMIT_REACHED, ARANYA_EDGE_PROTOCOL_MISMATCH, ARANYA_EDGE_DAEMON_UNAVAILABLE
 * @code
 * aranya_edge_channels(client, print_channels, stdout, NULL);
 * @endcode
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_channels(aranya_edge *client, aranya_edge_visit_channels *visit,
                                                        void *visit_user, const aranya_edge_options *options);

/* end generated: calls */
/** @} */

/** @name Texts
 * None of these needs a client.
 * @{ */
/** How a key bundle is written. */
typedef enum aranya_edge_key_bundle_scheme {
	ARANYA_EDGE_KEY_BUNDLE_SCHEME_CBOR = 1, /**< 170 bytes */
	ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT = 2  /**< A block of text to paste; what mail does to it is forgiven */
} aranya_edge_key_bundle_scheme;

/** How an id is written. */
typedef enum aranya_edge_id_scheme {
	ARANYA_EDGE_ID_SCHEME_RAW = 1,   /**< 32 bytes */
	ARANYA_EDGE_ID_SCHEME_HEX = 2,   /**< 64 lower-case digits */
	ARANYA_EDGE_ID_SCHEME_BASE58 = 3 /**< As logs and the command line write it */
} aranya_edge_id_scheme;

/**
 * Writes a key bundle. A text gets a NUL if there is room, which is not counted.
 *
 * @param scheme How
 * @param key_bundle What
 * @param[out] bytes Where to; ::ARANYA_EDGE_KEY_BUNDLE_BYTES are enough
 * @param capacity Bytes there are
 * @param[out] length Bytes written, or needed
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_BUFFER_TOO_SMALL, ARANYA_EDGE_INVALID_ARGUMENT
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_serialize_key_bundle(aranya_edge_key_bundle_scheme scheme,
                                                                    const aranya_edge_key_bundle *key_bundle,
                                                                    void *bytes, size_t capacity, size_t *length);

/**
 * Reads a key bundle. Its form is checked and nothing more: whether its keys are sound and its signature holds is for the
 * daemon to say.
 *
 * @param scheme How it is written
 * @param bytes Exactly one key bundle
 * @param length Bytes
 * @param[out] key_bundle What was read
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_INVALID_ARGUMENT
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_deserialize_key_bundle(aranya_edge_key_bundle_scheme scheme,
                                                                      const void *bytes, size_t length,
                                                                      aranya_edge_key_bundle *key_bundle);

/**
 * Writes an id of any kind. A text gets a NUL if there is room, which is not counted.
 *
 * @param scheme How
 * @param id The `bytes` of the id
 * @param[out] bytes Where to; ::ARANYA_EDGE_ID_TEXT_BYTES are enough
 * @param capacity Bytes there are
 * @param[out] length Bytes written, or needed; may be NULL
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_BUFFER_TOO_SMALL, ARANYA_EDGE_INVALID_ARGUMENT
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_serialize_id(aranya_edge_id_scheme scheme,
                                                            const uint8_t id[ARANYA_EDGE_ID_BYTES], void *bytes,
                                                            size_t capacity, size_t *length);

/**
 * Reads an id.
 *
 * @param scheme How it is written
 * @param bytes Exactly one id
 * @param length Bytes
 * @param[out] id The `bytes` of an id; the caller says of which kind
 * @return ARANYA_EDGE_OK, ARANYA_EDGE_INVALID_ARGUMENT
 */
ARANYA_EDGE_API aranya_edge_status aranya_edge_deserialize_id(aranya_edge_id_scheme scheme, const void *bytes,
                                                              size_t length, uint8_t id[ARANYA_EDGE_ID_BYTES]);

/** @return The text behind this one, in a list of texts. */
ARANYA_EDGE_API const char *aranya_edge_next_text(const char *text);
/** @} */

/** @return The version of the library, such as "0.1.0". */
ARANYA_EDGE_API const char *aranya_edge_version(void);
/** @return The protocol it speaks with the daemon: ::ARANYA_EDGE_PROTOCOL_VERSION when it was built. */
ARANYA_EDGE_API uint32_t aranya_edge_protocol_version(void);

#ifdef __cplusplus
}
#endif

#endif
