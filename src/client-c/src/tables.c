/* Generated from src/ipc by `npm run client-c -- generate`: change it there. */
#include <stddef.h>

#include "hello.h"
#include "internal.h"

static const struct ae_schema schema_0 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(0), UINT64_C(4294967295), NULL, NULL, NULL};

static const struct ae_schema schema_1 = {AE_TEXT, 0, sizeof(const char *), 1, 21, NULL, NULL, NULL};

static const char *const names_2[] = {"on", "off"};

static const struct ae_schema schema_3 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_2, NULL};

static const struct ae_field fields_4[] = {
	{"listen", &schema_1, offsetof(aranya_edge_config_sync, listen), AE_NO_OFFSET, true, false},
	{"hello", &schema_3, offsetof(aranya_edge_config_sync, hello), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_5 = {AE_OBJECT, 2, sizeof(aranya_edge_config_sync), 0, 0, fields_4, NULL, NULL};

static const struct ae_schema schema_6 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(65536), UINT64_C(4294967296), NULL, NULL, NULL};

static const struct ae_schema schema_7 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(1000), UINT64_C(3600000), NULL, NULL, NULL};

static const struct ae_schema schema_8 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(10000), UINT64_C(86400000), NULL, NULL, NULL};

static const struct ae_field fields_9[] = {
	{"listen", &schema_1, offsetof(aranya_edge_config_afc, listen), AE_NO_OFFSET, true, false},
	{"rotateAfterBytes", &schema_6, offsetof(aranya_edge_config_afc, rotate_after_bytes), AE_NO_OFFSET, true, false},
	{"rotateAfterMs", &schema_7, offsetof(aranya_edge_config_afc, rotate_after_ms), AE_NO_OFFSET, true, false},
	{"rekeyAfterBytes", &schema_6, offsetof(aranya_edge_config_afc, rekey_after_bytes), AE_NO_OFFSET, true, false},
	{"rekeyAfterMs", &schema_8, offsetof(aranya_edge_config_afc, rekey_after_ms), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_10 = {AE_OBJECT, 5, sizeof(aranya_edge_config_afc), 0, 0, fields_9, NULL, NULL};

static const struct ae_field fields_11[] = {
	{"listen", &schema_1, offsetof(aranya_edge_config_metrics, listen), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_12 = {AE_OBJECT, 1, sizeof(aranya_edge_config_metrics), 0, 0, fields_11, NULL, NULL};

static const char *const names_13[] = {"disk", "memory"};

static const struct ae_schema schema_14 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_13, NULL};

static const char *const names_15[] = {"error", "warn", "info", "debug"};

static const struct ae_schema schema_16 = {AE_ONE_OF, 4, sizeof(int), 0, 0, NULL, names_15, NULL};

static const struct ae_field fields_17[] = {
	{"sync", &schema_5, offsetof(aranya_edge_config, sync), AE_NO_OFFSET, true, false},
	{"afc", &schema_10, offsetof(aranya_edge_config, afc), AE_NO_OFFSET, true, false},
	{"metrics", &schema_12, offsetof(aranya_edge_config, metrics), AE_NO_OFFSET, true, false},
	{"graphStore", &schema_14, offsetof(aranya_edge_config, graph_store), AE_NO_OFFSET, true, false},
	{"logLevel", &schema_16, offsetof(aranya_edge_config, log_level), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_18 = {AE_OBJECT, 5, sizeof(aranya_edge_config), 0, 0, fields_17, NULL, NULL};

static const struct ae_field fields_19[] = {
	{"protocol", &schema_0, 0, AE_NO_OFFSET, false, false},
	{"config", &schema_18, 0, AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_20 = {AE_TEXT, 0, sizeof(const char *), 1, 64, NULL, NULL, NULL};

static const struct ae_field fields_21[] = {
	{"protocol", &schema_0, offsetof(aranya_edge_hello, protocol), AE_NO_OFFSET, false, false},
	{"version", &schema_20, offsetof(aranya_edge_hello, version), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_22 = {AE_OBJECT, 2, sizeof(aranya_edge_hello), 0, 0, fields_21, NULL, NULL};

const struct ae_method ae_method_hello = {"hello", fields_19, 2, &schema_22};

static const struct ae_schema schema_23 = {AE_BOOL, 0, sizeof(bool), 0, 0, NULL, NULL, NULL};

const struct ae_method ae_method_listen = {"listen", NULL, 0, &schema_23};

const struct ae_method ae_method_subscribe_effects = {"subscribeEffects", NULL, 0, &schema_23};

const struct ae_method ae_method_unsubscribe_effects = {"unsubscribeEffects", NULL, 0, &schema_23};

static const struct ae_schema schema_24 = {AE_ID, 0, AE_ID_BYTES, 0, 0, NULL, NULL, NULL};

const struct ae_method ae_method_init_device = {"initDevice", NULL, 0, &schema_24};

const struct ae_method ae_method_get_device_id = {"getDeviceId", NULL, 0, &schema_24};

static const struct ae_schema schema_25 = {AE_BYTES, 0, 32, 32, 32, NULL, NULL, NULL};

static const struct ae_schema schema_26 = {AE_BYTES, 0, 64, 64, 64, NULL, NULL, NULL};

static const struct ae_field fields_27[] = {
	{"identityKey", &schema_25, offsetof(aranya_edge_key_bundle, identity_key), AE_NO_OFFSET, false, false},
	{"signingKey", &schema_25, offsetof(aranya_edge_key_bundle, signing_key), AE_NO_OFFSET, false, false},
	{"encryptionKey", &schema_25, offsetof(aranya_edge_key_bundle, encryption_key), AE_NO_OFFSET, false, false},
	{"signature", &schema_26, offsetof(aranya_edge_key_bundle, signature), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_28 = {AE_OBJECT, 4, sizeof(aranya_edge_key_bundle), 0, 0, fields_27, NULL, NULL};

const struct ae_method ae_method_get_key_bundle = {"getKeyBundle", NULL, 0, &schema_28};

static const struct ae_field fields_29[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_add_team = {"addTeam", fields_29, 1, &schema_23};

const struct ae_method ae_method_remove_team = {"removeTeam", fields_29, 1, &schema_23};

static const struct ae_schema schema_30 = {AE_TEXT, 0, sizeof(const char *), 1, 259, NULL, NULL, NULL};

static const struct ae_schema schema_31 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(100), UINT64_C(86400000), NULL, NULL, NULL};

static const struct ae_field fields_32[] = {
	{"address", &schema_30, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"rateMs", &schema_31, 0, AE_NO_OFFSET, false, false},
	{"expectedDeviceId", &schema_24, 0, AE_NO_OFFSET, true, false}};

const struct ae_method ae_method_add_sync_peer = {"addSyncPeer", fields_32, 4, &schema_23};

static const struct ae_field fields_33[] = {
	{"address", &schema_30, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_remove_sync_peer = {"removeSyncPeer", fields_33, 2, &schema_23};

static const struct ae_schema schema_34 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(0), UINT64_C(2147483647), NULL, NULL, NULL};

static const struct ae_field fields_35[] = {
	{"address", &schema_30, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"timeoutMs", &schema_34, 0, AE_NO_OFFSET, false, true},
	{"expectedDeviceId", &schema_24, 0, AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_36 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(0), UINT64_C(9007199254740991), NULL, NULL, NULL};

static const struct ae_schema schema_37 = {AE_IDS, 0, 0, 0, 256, NULL, NULL, &schema_24};

static const struct ae_field fields_38[] = {
	{"received", &schema_36, offsetof(aranya_edge_sync_report, received), AE_NO_OFFSET, false, false},
	{"accepted", &schema_36, offsetof(aranya_edge_sync_report, accepted), AE_NO_OFFSET, false, false},
	{"recalled", &schema_36, offsetof(aranya_edge_sync_report, recalled), AE_NO_OFFSET, false, false},
	{"heads", &schema_37, offsetof(aranya_edge_sync_report, heads), offsetof(aranya_edge_sync_report, heads_count), false, false}};

static const struct ae_schema schema_39 = {AE_OBJECT, 4, sizeof(aranya_edge_sync_report), 0, 0, fields_38, NULL, NULL};

const struct ae_method ae_method_sync_now = {"syncNow", fields_35, 4, &schema_39};

const struct ae_method ae_method_create_team = {"createTeam", NULL, 0, &schema_24};

const struct ae_method ae_method_close_team = {"closeTeam", fields_29, 1, &schema_23};

static const struct ae_field fields_40[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"keyBundle", &schema_28, 0, AE_NO_OFFSET, false, false},
	{"commonName", &schema_20, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_add_device = {"addDevice", fields_40, 3, &schema_24};

static const struct ae_field fields_41[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_remove_device = {"removeDevice", fields_41, 2, &schema_23};

static const char *const names_42[] = {"owner", "admin", "operator", "user", "sync"};

static const struct ae_schema schema_43 = {AE_ONE_OF, 5, sizeof(int), 0, 0, NULL, names_42, NULL};

static const struct ae_field fields_44[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"role", &schema_43, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_role = {"assignRole", fields_44, 3, &schema_23};

const struct ae_method ae_method_revoke_role = {"revokeRole", fields_44, 3, &schema_23};

static const struct ae_field fields_45[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_30, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_network_name = {"assignNetworkName", fields_45, 3, &schema_23};

const struct ae_method ae_method_revoke_network_name = {"revokeNetworkName", fields_45, 3, &schema_23};

static const struct ae_field fields_46[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_20, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_create_label = {"createLabel", fields_46, 2, &schema_23};

const struct ae_method ae_method_delete_label = {"deleteLabel", fields_46, 2, &schema_23};

static const struct ae_field fields_47[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_20, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_label = {"assignLabel", fields_47, 3, &schema_23};

const struct ae_method ae_method_revoke_label = {"revokeLabel", fields_47, 3, &schema_23};

static const char *const names_48[] = {"reliable", "unreliable"};

static const struct ae_schema schema_49 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_48, NULL};

static const struct ae_field fields_50[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_30, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_20, 0, AE_NO_OFFSET, false, false},
	{"delivery", &schema_49, 0, AE_NO_OFFSET, true, false},
	{"timeoutMs", &schema_34, 0, AE_NO_OFFSET, false, true}};

const struct ae_method ae_method_create_channel = {"createChannel", fields_50, 5, &schema_24};

static const struct ae_field fields_51[] = {
	{"teamId", &schema_24, 0, AE_NO_OFFSET, false, false},
	{"channelId", &schema_24, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_delete_channel = {"deleteChannel", fields_51, 2, &schema_23};

static const struct ae_field fields_52[] = {
	{"anonymousBytes", &schema_36, offsetof(aranya_edge_daemon_status_memory, anonymous_bytes), offsetof(aranya_edge_daemon_status_memory, has_anonymous_bytes), true, false},
	{"residentBytes", &schema_36, offsetof(aranya_edge_daemon_status_memory, resident_bytes), offsetof(aranya_edge_daemon_status_memory, has_resident_bytes), true, false}};

static const struct ae_schema schema_53 = {AE_OBJECT, 2, sizeof(aranya_edge_daemon_status_memory), 0, 0, fields_52, NULL, NULL};

static const struct ae_field fields_54[] = {
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_sync, listen), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_55 = {AE_OBJECT, 1, sizeof(aranya_edge_daemon_status_sync), 0, 0, fields_54, NULL, NULL};

static const struct ae_field fields_56[] = {
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_metrics, listen), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_57 = {AE_OBJECT, 1, sizeof(aranya_edge_daemon_status_metrics), 0, 0, fields_56, NULL, NULL};

static const char *const names_58[] = {"segments", "dgram"};

static const struct ae_schema schema_59 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_58, NULL};

static const char *const names_60[] = {"evp", "plain"};

static const struct ae_schema schema_61 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_60, NULL};

static const char *const names_62[] = {"aes-256-gcm", "chacha20-poly1305"};

static const struct ae_schema schema_63 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_62, NULL};

static const struct ae_schema schema_64 = {AE_CHOICES, 0, 0, 0, 4, NULL, NULL, &schema_63};

static const struct ae_field fields_65[] = {
	{"kernelDrops", &schema_36, offsetof(aranya_edge_daemon_status_afc, kernel_drops), offsetof(aranya_edge_daemon_status_afc, has_kernel_drops), true, false},
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_afc, listen), AE_NO_OFFSET, true, false},
	{"udp", &schema_59, offsetof(aranya_edge_daemon_status_afc, udp), AE_NO_OFFSET, false, false},
	{"aead", &schema_61, offsetof(aranya_edge_daemon_status_afc, aead), AE_NO_OFFSET, false, false},
	{"ciphers", &schema_64, offsetof(aranya_edge_daemon_status_afc, ciphers), offsetof(aranya_edge_daemon_status_afc, ciphers_count), false, false}};

static const struct ae_schema schema_66 = {AE_OBJECT, 5, sizeof(aranya_edge_daemon_status_afc), 0, 0, fields_65, NULL, NULL};

static const struct ae_field fields_67[] = {
	{"version", &schema_20, offsetof(aranya_edge_daemon_status, version), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_daemon_status, device_id), offsetof(aranya_edge_daemon_status, has_device_id), true, false},
	{"uptimeMs", &schema_36, offsetof(aranya_edge_daemon_status, uptime_ms), AE_NO_OFFSET, false, false},
	{"memory", &schema_53, offsetof(aranya_edge_daemon_status, memory), AE_NO_OFFSET, false, false},
	{"damagedLogs", &schema_36, offsetof(aranya_edge_daemon_status, damaged_logs), AE_NO_OFFSET, false, false},
	{"sync", &schema_55, offsetof(aranya_edge_daemon_status, sync), AE_NO_OFFSET, false, false},
	{"metrics", &schema_57, offsetof(aranya_edge_daemon_status, metrics), AE_NO_OFFSET, false, false},
	{"afc", &schema_66, offsetof(aranya_edge_daemon_status, afc), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_68 = {AE_OBJECT, 8, sizeof(aranya_edge_daemon_status), 0, 0, fields_67, NULL, NULL};

const struct ae_method ae_method_status = {"status", NULL, 0, &schema_68};

static const struct ae_schema schema_69 = {AE_TEXT, 0, sizeof(const char *), 1, 1572864, NULL, NULL, NULL};

static const struct ae_field fields_70[] = {
	{"text", &schema_69, offsetof(aranya_edge_metrics_text, text), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_71 = {AE_OBJECT, 1, sizeof(aranya_edge_metrics_text), 0, 0, fields_70, NULL, NULL};

const struct ae_method ae_method_metrics = {"metrics", NULL, 0, &schema_71};

static const struct ae_schema schema_72 = {AE_LIST, 0, 0, 0, UINT64_C(64), NULL, NULL, &schema_24};

const struct ae_method ae_method_teams = {"teams", NULL, 0, &schema_72};

static const struct ae_schema schema_73 = {AE_TEXT, 0, sizeof(const char *), 1, 256, NULL, NULL, NULL};

static const struct ae_schema schema_74 = {AE_IDS, 0, 0, 0, 64, NULL, NULL, &schema_24};

static const struct ae_schema schema_75 = {AE_TEXT, 0, sizeof(const char *), 64, 64, NULL, NULL, NULL};

static const struct ae_field fields_76[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_team_state, team_id), AE_NO_OFFSET, false, false},
	{"policyId", &schema_73, offsetof(aranya_edge_team_state, policy_id), AE_NO_OFFSET, false, false},
	{"closed", &schema_23, offsetof(aranya_edge_team_state, closed), AE_NO_OFFSET, false, false},
	{"heads", &schema_37, offsetof(aranya_edge_team_state, heads), offsetof(aranya_edge_team_state, heads_count), false, false},
	{"commandCount", &schema_36, offsetof(aranya_edge_team_state, command_count), AE_NO_OFFSET, false, false},
	{"unheard", &schema_74, offsetof(aranya_edge_team_state, unheard), offsetof(aranya_edge_team_state, unheard_count), false, false},
	{"asideCount", &schema_36, offsetof(aranya_edge_team_state, aside_count), AE_NO_OFFSET, false, false},
	{"stalledForMs", &schema_36, offsetof(aranya_edge_team_state, stalled_for_ms), offsetof(aranya_edge_team_state, has_stalled_for_ms), true, false},
	{"stateDigest", &schema_75, offsetof(aranya_edge_team_state, state_digest), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_77 = {AE_OBJECT, 9, sizeof(aranya_edge_team_state), 0, 0, fields_76, NULL, NULL};

const struct ae_method ae_method_team = {"team", fields_29, 1, &schema_77};

static const struct ae_schema schema_78 = {AE_TEXTS, 0, 0, 0, 1024, NULL, NULL, &schema_20};

static const struct ae_field fields_79[] = {
	{"deviceId", &schema_24, offsetof(aranya_edge_device_info, device_id), AE_NO_OFFSET, false, false},
	{"commonName", &schema_20, offsetof(aranya_edge_device_info, common_name), AE_NO_OFFSET, false, false},
	{"role", &schema_43, offsetof(aranya_edge_device_info, role), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_30, offsetof(aranya_edge_device_info, net_identifier), AE_NO_OFFSET, true, false},
	{"labels", &schema_78, offsetof(aranya_edge_device_info, labels), offsetof(aranya_edge_device_info, labels_count), false, false},
	{"keyBundle", &schema_28, offsetof(aranya_edge_device_info, key_bundle), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_80 = {AE_OBJECT, 6, sizeof(aranya_edge_device_info), 0, 0, fields_79, NULL, NULL};

static const struct ae_schema schema_81 = {AE_LIST, 0, 0, 0, UINT64_C(1000000), NULL, NULL, &schema_80};

const struct ae_method ae_method_devices = {"devices", fields_29, 1, &schema_81};

static const struct ae_schema schema_82 = {AE_LIST, 0, 0, 0, UINT64_C(1024), NULL, NULL, &schema_20};

const struct ae_method ae_method_labels = {"labels", fields_29, 1, &schema_82};

static const char *const names_83[] = {"DeviceNotInitialised", "UnknownTeam", "TeamNotSynced", "NotReady", "TeamClosed", "NotAuthorised", "UnknownDevice", "DeviceExists", "UnknownLabel", "LabelExists", "NameInUse", "UnknownName", "RoleMismatch", "InvalidArgument", "ConfigMismatch", "UnknownPolicy", "PeerUnreachable", "PeerRefused", "NotAMember", "Timeout", "MessageTooLarge", "BufferTooSmall", "NoData", "UnknownChannel", "ChannelClosed", "NoListener", "LimitReached", "StorageFailed", "ProtocolMismatch", "DaemonUnavailable"};

static const struct ae_schema schema_84 = {AE_ONE_OF, 30, sizeof(int), 0, 0, NULL, names_83, NULL};

static const struct ae_schema schema_85 = {AE_TEXT, 0, sizeof(const char *), 0, 1024, NULL, NULL, NULL};

static const struct ae_field fields_86[] = {
	{"code", &schema_84, offsetof(aranya_edge_sync_peer_info_last_error, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_85, offsetof(aranya_edge_sync_peer_info_last_error, reason), AE_NO_OFFSET, false, false},
	{"at", &schema_36, offsetof(aranya_edge_sync_peer_info_last_error, at), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_87 = {AE_OBJECT, 3, sizeof(aranya_edge_sync_peer_info_last_error), 0, 0, fields_86, NULL, NULL};

static const struct ae_field fields_88[] = {
	{"address", &schema_30, offsetof(aranya_edge_sync_peer_info, address), AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, offsetof(aranya_edge_sync_peer_info, team_id), AE_NO_OFFSET, false, false},
	{"rateMs", &schema_36, offsetof(aranya_edge_sync_peer_info, rate_ms), AE_NO_OFFSET, false, false},
	{"expectedDeviceId", &schema_24, offsetof(aranya_edge_sync_peer_info, expected_device_id), offsetof(aranya_edge_sync_peer_info, has_expected_device_id), true, false},
	{"lastSuccess", &schema_36, offsetof(aranya_edge_sync_peer_info, last_success), offsetof(aranya_edge_sync_peer_info, has_last_success), true, false},
	{"lastError", &schema_87, offsetof(aranya_edge_sync_peer_info, last_error), offsetof(aranya_edge_sync_peer_info, has_last_error), true, false},
	{"failures", &schema_36, offsetof(aranya_edge_sync_peer_info, failures), offsetof(aranya_edge_sync_peer_info, has_failures), true, false},
	{"behind", &schema_23, offsetof(aranya_edge_sync_peer_info, behind), offsetof(aranya_edge_sync_peer_info, has_behind), true, false},
	{"behindForMs", &schema_36, offsetof(aranya_edge_sync_peer_info, behind_for_ms), offsetof(aranya_edge_sync_peer_info, has_behind_for_ms), true, false},
	{"headsMissing", &schema_36, offsetof(aranya_edge_sync_peer_info, heads_missing), offsetof(aranya_edge_sync_peer_info, has_heads_missing), true, false}};

static const struct ae_schema schema_89 = {AE_OBJECT, 10, sizeof(aranya_edge_sync_peer_info), 0, 0, fields_88, NULL, NULL};

static const struct ae_schema schema_90 = {AE_LIST, 0, 0, 0, UINT64_C(256), NULL, NULL, &schema_89};

const struct ae_method ae_method_sync_peers = {"syncPeers", NULL, 0, &schema_90};

static const char *const names_91[] = {"opening", "open", "closing"};

static const struct ae_schema schema_92 = {AE_ONE_OF, 3, sizeof(int), 0, 0, NULL, names_91, NULL};

static const char *const names_93[] = {"outgoing", "incoming"};

static const struct ae_schema schema_94 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_93, NULL};

static const struct ae_field fields_95[] = {
	{"channelId", &schema_24, offsetof(aranya_edge_channel_info, channel_id), AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, offsetof(aranya_edge_channel_info, team_id), AE_NO_OFFSET, false, false},
	{"peerDeviceId", &schema_24, offsetof(aranya_edge_channel_info, peer_device_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_30, offsetof(aranya_edge_channel_info, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_channel_info, label), AE_NO_OFFSET, false, false},
	{"delivery", &schema_49, offsetof(aranya_edge_channel_info, delivery), AE_NO_OFFSET, false, false},
	{"state", &schema_92, offsetof(aranya_edge_channel_info, state), AE_NO_OFFSET, false, false},
	{"direction", &schema_94, offsetof(aranya_edge_channel_info, direction), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_96 = {AE_OBJECT, 8, sizeof(aranya_edge_channel_info), 0, 0, fields_95, NULL, NULL};

static const struct ae_schema schema_97 = {AE_LIST, 0, 0, 0, UINT64_C(1024), NULL, NULL, &schema_96};

const struct ae_method ae_method_channels = {"channels", NULL, 0, &schema_97};

static const struct ae_field fields_98[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_device_added, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_device_added, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_device_added, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_device_added, device_id), AE_NO_OFFSET, false, false},
	{"commonName", &schema_20, offsetof(aranya_edge_effect_device_added, common_name), AE_NO_OFFSET, false, false},
	{"role", &schema_43, offsetof(aranya_edge_effect_device_added, role), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_99 = {AE_OBJECT, 6, sizeof(aranya_edge_effect_device_added), 0, 0, fields_98, NULL, NULL};

static const struct ae_field fields_100[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_device_removed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_device_removed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_device_removed, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_device_removed, device_id), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_101 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_device_removed), 0, 0, fields_100, NULL, NULL};

static const struct ae_field fields_102[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_role_changed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_role_changed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_role_changed, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_role_changed, device_id), AE_NO_OFFSET, false, false},
	{"from", &schema_43, offsetof(aranya_edge_effect_role_changed, from), AE_NO_OFFSET, false, false},
	{"to", &schema_43, offsetof(aranya_edge_effect_role_changed, to), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_103 = {AE_OBJECT, 6, sizeof(aranya_edge_effect_role_changed), 0, 0, fields_102, NULL, NULL};

static const struct ae_field fields_104[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_network_name_assigned, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_network_name_assigned, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_network_name_assigned, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_network_name_assigned, device_id), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_30, offsetof(aranya_edge_effect_network_name_assigned, net_identifier), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_105 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_network_name_assigned), 0, 0, fields_104, NULL, NULL};

static const struct ae_field fields_106[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_network_name_revoked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_network_name_revoked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_network_name_revoked, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_network_name_revoked, device_id), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_30, offsetof(aranya_edge_effect_network_name_revoked, net_identifier), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_107 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_network_name_revoked), 0, 0, fields_106, NULL, NULL};

static const struct ae_field fields_108[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_label_created, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_label_created, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_label_created, author), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_effect_label_created, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_109 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_label_created), 0, 0, fields_108, NULL, NULL};

static const struct ae_field fields_110[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_label_deleted, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_label_deleted, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_label_deleted, author), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_effect_label_deleted, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_111 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_label_deleted), 0, 0, fields_110, NULL, NULL};

static const struct ae_field fields_112[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_label_assigned, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_label_assigned, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_label_assigned, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_label_assigned, device_id), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_effect_label_assigned, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_113 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_label_assigned), 0, 0, fields_112, NULL, NULL};

static const struct ae_field fields_114[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_label_revoked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_label_revoked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_label_revoked, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_label_revoked, device_id), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_effect_label_revoked, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_115 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_label_revoked), 0, 0, fields_114, NULL, NULL};

static const struct ae_field fields_116[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_team_closed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_team_closed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_team_closed, author), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_117 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_team_closed), 0, 0, fields_116, NULL, NULL};

static const struct ae_field fields_118[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_command_recalled, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_command_recalled, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_command_recalled, author), AE_NO_OFFSET, false, false},
	{"kind", &schema_20, offsetof(aranya_edge_effect_command_recalled, kind), AE_NO_OFFSET, false, false},
	{"reason", &schema_85, offsetof(aranya_edge_effect_command_recalled, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_119 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_command_recalled), 0, 0, fields_118, NULL, NULL};

static const struct ae_field fields_120[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_forked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_24, offsetof(aranya_edge_effect_forked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_24, offsetof(aranya_edge_effect_forked, author), AE_NO_OFFSET, false, false},
	{"otherCommandId", &schema_24, offsetof(aranya_edge_effect_forked, other_command_id), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_121 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_forked), 0, 0, fields_120, NULL, NULL};

static const struct ae_field fields_122[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_team_stopped, team_id), AE_NO_OFFSET, false, false},
	{"code", &schema_84, offsetof(aranya_edge_effect_team_stopped, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_85, offsetof(aranya_edge_effect_team_stopped, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_123 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_team_stopped), 0, 0, fields_122, NULL, NULL};

static const struct ae_field fields_124[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_channel_opened, team_id), AE_NO_OFFSET, false, false},
	{"channelId", &schema_24, offsetof(aranya_edge_effect_channel_opened, channel_id), AE_NO_OFFSET, false, false},
	{"peerDeviceId", &schema_24, offsetof(aranya_edge_effect_channel_opened, peer_device_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_30, offsetof(aranya_edge_effect_channel_opened, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_effect_channel_opened, label), AE_NO_OFFSET, false, false},
	{"delivery", &schema_49, offsetof(aranya_edge_effect_channel_opened, delivery), AE_NO_OFFSET, false, false},
	{"direction", &schema_94, offsetof(aranya_edge_effect_channel_opened, direction), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_125 = {AE_OBJECT, 7, sizeof(aranya_edge_effect_channel_opened), 0, 0, fields_124, NULL, NULL};

static const struct ae_field fields_126[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_channel_closed, team_id), AE_NO_OFFSET, false, false},
	{"channelId", &schema_24, offsetof(aranya_edge_effect_channel_closed, channel_id), AE_NO_OFFSET, false, false},
	{"reason", &schema_85, offsetof(aranya_edge_effect_channel_closed, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_127 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_channel_closed), 0, 0, fields_126, NULL, NULL};

static const struct ae_field fields_128[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_sync_succeeded, team_id), AE_NO_OFFSET, false, false},
	{"address", &schema_30, offsetof(aranya_edge_effect_sync_succeeded, address), AE_NO_OFFSET, false, false},
	{"received", &schema_36, offsetof(aranya_edge_effect_sync_succeeded, received), AE_NO_OFFSET, false, false},
	{"accepted", &schema_36, offsetof(aranya_edge_effect_sync_succeeded, accepted), AE_NO_OFFSET, false, false},
	{"recalled", &schema_36, offsetof(aranya_edge_effect_sync_succeeded, recalled), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_129 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_sync_succeeded), 0, 0, fields_128, NULL, NULL};

static const struct ae_field fields_130[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_sync_failed, team_id), AE_NO_OFFSET, false, false},
	{"address", &schema_30, offsetof(aranya_edge_effect_sync_failed, address), AE_NO_OFFSET, false, false},
	{"code", &schema_84, offsetof(aranya_edge_effect_sync_failed, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_85, offsetof(aranya_edge_effect_sync_failed, reason), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_24, offsetof(aranya_edge_effect_sync_failed, device_id), offsetof(aranya_edge_effect_sync_failed, has_device_id), true, false}};

static const struct ae_schema schema_131 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_sync_failed), 0, 0, fields_130, NULL, NULL};

static const struct ae_field fields_132[] = {
	{"count", &schema_36, offsetof(aranya_edge_effect_effects_lost, count), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_133 = {AE_OBJECT, 1, sizeof(aranya_edge_effect_effects_lost), 0, 0, fields_132, NULL, NULL};

static const char *const names_134[] = {"notLevel", "noProgress", "headsMissing"};

static const struct ae_schema schema_135 = {AE_ONE_OF, 3, sizeof(int), 0, 0, NULL, names_134, NULL};

static const struct ae_field fields_136[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_sync_stalled, team_id), AE_NO_OFFSET, false, false},
	{"cause", &schema_135, offsetof(aranya_edge_effect_sync_stalled, cause), AE_NO_OFFSET, false, false},
	{"forMs", &schema_36, offsetof(aranya_edge_effect_sync_stalled, for_ms), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_137 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_sync_stalled), 0, 0, fields_136, NULL, NULL};

static const struct ae_field fields_138[] = {
	{"teamId", &schema_24, offsetof(aranya_edge_effect_sync_resumed, team_id), AE_NO_OFFSET, false, false},
	{"forMs", &schema_36, offsetof(aranya_edge_effect_sync_resumed, for_ms), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_139 = {AE_OBJECT, 2, sizeof(aranya_edge_effect_sync_resumed), 0, 0, fields_138, NULL, NULL};

static const struct ae_field fields_140[] = {
	{"deviceAdded", &schema_99, offsetof(aranya_edge_effect, of.device_added), AE_NO_OFFSET, false, false},
	{"deviceRemoved", &schema_101, offsetof(aranya_edge_effect, of.device_removed), AE_NO_OFFSET, false, false},
	{"roleChanged", &schema_103, offsetof(aranya_edge_effect, of.role_changed), AE_NO_OFFSET, false, false},
	{"networkNameAssigned", &schema_105, offsetof(aranya_edge_effect, of.network_name_assigned), AE_NO_OFFSET, false, false},
	{"networkNameRevoked", &schema_107, offsetof(aranya_edge_effect, of.network_name_revoked), AE_NO_OFFSET, false, false},
	{"labelCreated", &schema_109, offsetof(aranya_edge_effect, of.label_created), AE_NO_OFFSET, false, false},
	{"labelDeleted", &schema_111, offsetof(aranya_edge_effect, of.label_deleted), AE_NO_OFFSET, false, false},
	{"labelAssigned", &schema_113, offsetof(aranya_edge_effect, of.label_assigned), AE_NO_OFFSET, false, false},
	{"labelRevoked", &schema_115, offsetof(aranya_edge_effect, of.label_revoked), AE_NO_OFFSET, false, false},
	{"teamClosed", &schema_117, offsetof(aranya_edge_effect, of.team_closed), AE_NO_OFFSET, false, false},
	{"commandRecalled", &schema_119, offsetof(aranya_edge_effect, of.command_recalled), AE_NO_OFFSET, false, false},
	{"forked", &schema_121, offsetof(aranya_edge_effect, of.forked), AE_NO_OFFSET, false, false},
	{"teamStopped", &schema_123, offsetof(aranya_edge_effect, of.team_stopped), AE_NO_OFFSET, false, false},
	{"channelOpened", &schema_125, offsetof(aranya_edge_effect, of.channel_opened), AE_NO_OFFSET, false, false},
	{"channelClosed", &schema_127, offsetof(aranya_edge_effect, of.channel_closed), AE_NO_OFFSET, false, false},
	{"syncSucceeded", &schema_129, offsetof(aranya_edge_effect, of.sync_succeeded), AE_NO_OFFSET, false, false},
	{"syncFailed", &schema_131, offsetof(aranya_edge_effect, of.sync_failed), AE_NO_OFFSET, false, false},
	{"effectsLost", &schema_133, offsetof(aranya_edge_effect, of.effects_lost), AE_NO_OFFSET, false, false},
	{"syncStalled", &schema_137, offsetof(aranya_edge_effect, of.sync_stalled), AE_NO_OFFSET, false, false},
	{"syncResumed", &schema_139, offsetof(aranya_edge_effect, of.sync_resumed), AE_NO_OFFSET, false, false}};

const struct ae_schema ae_effect_schema = {AE_TAGGED, 20, sizeof(aranya_edge_effect), 0, 0, fields_140, NULL, NULL};

const struct ae_schema *const ae_error_codes = &schema_84;

static const struct ae_field fields_141[] = {
	{"channelId", &schema_24, offsetof(aranya_edge_received, channel_id), AE_NO_OFFSET, false, false},
	{"teamId", &schema_24, offsetof(aranya_edge_received, team_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_30, offsetof(aranya_edge_received, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_20, offsetof(aranya_edge_received, label), AE_NO_OFFSET, false, false}};

const struct ae_schema ae_channel_meta_schema = {AE_OBJECT, 4, sizeof(aranya_edge_received), 0, 0, fields_141, NULL, NULL};

static const struct ae_field fields_142[] = {
	{"channelId", &schema_24, 0, AE_NO_OFFSET, false, false}};

const struct ae_schema ae_channel_gone_schema = {AE_OBJECT, 1, AE_ID_BYTES, 0, 0, fields_142, NULL, NULL};
