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

static const struct ae_schema schema_15 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(65536), UINT64_C(67108864), NULL, NULL, NULL};

static const struct ae_field fields_16[] = {
	{"log", &schema_3, offsetof(aranya_edge_config_audit, log), AE_NO_OFFSET, true, false},
	{"bytesMax", &schema_15, offsetof(aranya_edge_config_audit, bytes_max), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_17 = {AE_OBJECT, 2, sizeof(aranya_edge_config_audit), 0, 0, fields_16, NULL, NULL};

static const char *const names_18[] = {"error", "warn", "info", "debug"};

static const struct ae_schema schema_19 = {AE_ONE_OF, 4, sizeof(int), 0, 0, NULL, names_18, NULL};

static const struct ae_field fields_20[] = {
	{"sync", &schema_5, offsetof(aranya_edge_config, sync), AE_NO_OFFSET, true, false},
	{"afc", &schema_10, offsetof(aranya_edge_config, afc), AE_NO_OFFSET, true, false},
	{"metrics", &schema_12, offsetof(aranya_edge_config, metrics), AE_NO_OFFSET, true, false},
	{"graphStore", &schema_14, offsetof(aranya_edge_config, graph_store), AE_NO_OFFSET, true, false},
	{"audit", &schema_17, offsetof(aranya_edge_config, audit), AE_NO_OFFSET, true, false},
	{"logLevel", &schema_19, offsetof(aranya_edge_config, log_level), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_21 = {AE_OBJECT, 6, sizeof(aranya_edge_config), 0, 0, fields_20, NULL, NULL};

static const struct ae_field fields_22[] = {
	{"protocol", &schema_0, 0, AE_NO_OFFSET, false, false},
	{"config", &schema_21, 0, AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_23 = {AE_TEXT, 0, sizeof(const char *), 1, 64, NULL, NULL, NULL};

static const struct ae_field fields_24[] = {
	{"protocol", &schema_0, offsetof(aranya_edge_hello, protocol), AE_NO_OFFSET, false, false},
	{"version", &schema_23, offsetof(aranya_edge_hello, version), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_25 = {AE_OBJECT, 2, sizeof(aranya_edge_hello), 0, 0, fields_24, NULL, NULL};

const struct ae_method ae_method_hello = {"hello", fields_22, 2, &schema_25};

static const struct ae_schema schema_26 = {AE_BOOL, 0, sizeof(bool), 0, 0, NULL, NULL, NULL};

const struct ae_method ae_method_listen = {"listen", NULL, 0, &schema_26};

const struct ae_method ae_method_subscribe_effects = {"subscribeEffects", NULL, 0, &schema_26};

const struct ae_method ae_method_unsubscribe_effects = {"unsubscribeEffects", NULL, 0, &schema_26};

static const struct ae_schema schema_27 = {AE_ID, 0, AE_ID_BYTES, 0, 0, NULL, NULL, NULL};

const struct ae_method ae_method_init_device = {"initDevice", NULL, 0, &schema_27};

const struct ae_method ae_method_get_device_id = {"getDeviceId", NULL, 0, &schema_27};

static const struct ae_schema schema_28 = {AE_BYTES, 0, 32, 32, 32, NULL, NULL, NULL};

static const struct ae_schema schema_29 = {AE_BYTES, 0, 64, 64, 64, NULL, NULL, NULL};

static const struct ae_field fields_30[] = {
	{"identityKey", &schema_28, offsetof(aranya_edge_key_bundle, identity_key), AE_NO_OFFSET, false, false},
	{"signingKey", &schema_28, offsetof(aranya_edge_key_bundle, signing_key), AE_NO_OFFSET, false, false},
	{"encryptionKey", &schema_28, offsetof(aranya_edge_key_bundle, encryption_key), AE_NO_OFFSET, false, false},
	{"signature", &schema_29, offsetof(aranya_edge_key_bundle, signature), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_31 = {AE_OBJECT, 4, sizeof(aranya_edge_key_bundle), 0, 0, fields_30, NULL, NULL};

const struct ae_method ae_method_get_key_bundle = {"getKeyBundle", NULL, 0, &schema_31};

static const struct ae_field fields_32[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_add_team = {"addTeam", fields_32, 1, &schema_26};

const struct ae_method ae_method_remove_team = {"removeTeam", fields_32, 1, &schema_26};

static const struct ae_schema schema_33 = {AE_TEXT, 0, sizeof(const char *), 1, 259, NULL, NULL, NULL};

static const struct ae_schema schema_34 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(100), UINT64_C(86400000), NULL, NULL, NULL};

static const struct ae_field fields_35[] = {
	{"address", &schema_33, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"rateMs", &schema_34, 0, AE_NO_OFFSET, false, false},
	{"expectedDeviceId", &schema_27, 0, AE_NO_OFFSET, true, false}};

const struct ae_method ae_method_add_sync_peer = {"addSyncPeer", fields_35, 4, &schema_26};

static const struct ae_field fields_36[] = {
	{"address", &schema_33, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_remove_sync_peer = {"removeSyncPeer", fields_36, 2, &schema_26};

static const struct ae_schema schema_37 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(0), UINT64_C(2147483647), NULL, NULL, NULL};

static const struct ae_field fields_38[] = {
	{"address", &schema_33, 0, AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"timeoutMs", &schema_37, 0, AE_NO_OFFSET, false, true},
	{"expectedDeviceId", &schema_27, 0, AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_39 = {AE_UINT, 0, sizeof(uint64_t), UINT64_C(0), UINT64_C(9007199254740991), NULL, NULL, NULL};

static const struct ae_schema schema_40 = {AE_IDS, 0, 0, 0, 256, NULL, NULL, &schema_27};

static const struct ae_field fields_41[] = {
	{"received", &schema_39, offsetof(aranya_edge_sync_report, received), AE_NO_OFFSET, false, false},
	{"accepted", &schema_39, offsetof(aranya_edge_sync_report, accepted), AE_NO_OFFSET, false, false},
	{"recalled", &schema_39, offsetof(aranya_edge_sync_report, recalled), AE_NO_OFFSET, false, false},
	{"heads", &schema_40, offsetof(aranya_edge_sync_report, heads), offsetof(aranya_edge_sync_report, heads_count), false, false}};

static const struct ae_schema schema_42 = {AE_OBJECT, 4, sizeof(aranya_edge_sync_report), 0, 0, fields_41, NULL, NULL};

const struct ae_method ae_method_sync_now = {"syncNow", fields_38, 4, &schema_42};

const struct ae_method ae_method_create_team = {"createTeam", NULL, 0, &schema_27};

const struct ae_method ae_method_close_team = {"closeTeam", fields_32, 1, &schema_26};

static const struct ae_field fields_43[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"keyBundle", &schema_31, 0, AE_NO_OFFSET, false, false},
	{"commonName", &schema_23, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_add_device = {"addDevice", fields_43, 3, &schema_27};

static const struct ae_field fields_44[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_remove_device = {"removeDevice", fields_44, 2, &schema_26};

static const char *const names_45[] = {"owner", "admin", "operator", "user", "sync"};

static const struct ae_schema schema_46 = {AE_ONE_OF, 5, sizeof(int), 0, 0, NULL, names_45, NULL};

static const struct ae_field fields_47[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"role", &schema_46, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_role = {"assignRole", fields_47, 3, &schema_26};

const struct ae_method ae_method_revoke_role = {"revokeRole", fields_47, 3, &schema_26};

static const struct ae_field fields_48[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_33, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_network_name = {"assignNetworkName", fields_48, 3, &schema_26};

const struct ae_method ae_method_revoke_network_name = {"revokeNetworkName", fields_48, 3, &schema_26};

static const struct ae_field fields_49[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_23, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_create_label = {"createLabel", fields_49, 2, &schema_26};

const struct ae_method ae_method_delete_label = {"deleteLabel", fields_49, 2, &schema_26};

static const struct ae_field fields_50[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_23, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_assign_label = {"assignLabel", fields_50, 3, &schema_26};

const struct ae_method ae_method_revoke_label = {"revokeLabel", fields_50, 3, &schema_26};

static const char *const names_51[] = {"reliable", "unreliable"};

static const struct ae_schema schema_52 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_51, NULL};

static const struct ae_field fields_53[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_33, 0, AE_NO_OFFSET, false, false},
	{"label", &schema_23, 0, AE_NO_OFFSET, false, false},
	{"delivery", &schema_52, 0, AE_NO_OFFSET, true, false},
	{"timeoutMs", &schema_37, 0, AE_NO_OFFSET, false, true}};

const struct ae_method ae_method_create_channel = {"createChannel", fields_53, 5, &schema_27};

static const struct ae_field fields_54[] = {
	{"teamId", &schema_27, 0, AE_NO_OFFSET, false, false},
	{"channelId", &schema_27, 0, AE_NO_OFFSET, false, false}};

const struct ae_method ae_method_delete_channel = {"deleteChannel", fields_54, 2, &schema_26};

static const struct ae_field fields_55[] = {
	{"anonymousBytes", &schema_39, offsetof(aranya_edge_daemon_status_memory, anonymous_bytes), offsetof(aranya_edge_daemon_status_memory, has_anonymous_bytes), true, false},
	{"residentBytes", &schema_39, offsetof(aranya_edge_daemon_status_memory, resident_bytes), offsetof(aranya_edge_daemon_status_memory, has_resident_bytes), true, false}};

static const struct ae_schema schema_56 = {AE_OBJECT, 2, sizeof(aranya_edge_daemon_status_memory), 0, 0, fields_55, NULL, NULL};

static const struct ae_field fields_57[] = {
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_sync, listen), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_58 = {AE_OBJECT, 1, sizeof(aranya_edge_daemon_status_sync), 0, 0, fields_57, NULL, NULL};

static const struct ae_field fields_59[] = {
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_metrics, listen), AE_NO_OFFSET, true, false}};

static const struct ae_schema schema_60 = {AE_OBJECT, 1, sizeof(aranya_edge_daemon_status_metrics), 0, 0, fields_59, NULL, NULL};

static const char *const names_61[] = {"segments", "dgram"};

static const struct ae_schema schema_62 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_61, NULL};

static const char *const names_63[] = {"evp", "plain"};

static const struct ae_schema schema_64 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_63, NULL};

static const char *const names_65[] = {"aes-256-gcm", "chacha20-poly1305"};

static const struct ae_schema schema_66 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_65, NULL};

static const struct ae_schema schema_67 = {AE_CHOICES, 0, 0, 0, 4, NULL, NULL, &schema_66};

static const struct ae_field fields_68[] = {
	{"kernelDrops", &schema_39, offsetof(aranya_edge_daemon_status_afc, kernel_drops), offsetof(aranya_edge_daemon_status_afc, has_kernel_drops), true, false},
	{"listen", &schema_1, offsetof(aranya_edge_daemon_status_afc, listen), AE_NO_OFFSET, true, false},
	{"udp", &schema_62, offsetof(aranya_edge_daemon_status_afc, udp), AE_NO_OFFSET, false, false},
	{"aead", &schema_64, offsetof(aranya_edge_daemon_status_afc, aead), AE_NO_OFFSET, false, false},
	{"ciphers", &schema_67, offsetof(aranya_edge_daemon_status_afc, ciphers), offsetof(aranya_edge_daemon_status_afc, ciphers_count), false, false}};

static const struct ae_schema schema_69 = {AE_OBJECT, 5, sizeof(aranya_edge_daemon_status_afc), 0, 0, fields_68, NULL, NULL};

static const char *const names_70[] = {"waiting", "disk", "journal", "failing", "off"};

static const struct ae_schema schema_71 = {AE_ONE_OF, 5, sizeof(int), 0, 0, NULL, names_70, NULL};

static const struct ae_schema schema_72 = {AE_TEXT, 0, sizeof(const char *), 64, 64, NULL, NULL, NULL};

static const struct ae_field fields_73[] = {
	{"state", &schema_71, offsetof(aranya_edge_daemon_status_audit, state), AE_NO_OFFSET, false, false},
	{"seq", &schema_39, offsetof(aranya_edge_daemon_status_audit, seq), AE_NO_OFFSET, false, false},
	{"head", &schema_72, offsetof(aranya_edge_daemon_status_audit, head), AE_NO_OFFSET, true, false},
	{"lost", &schema_39, offsetof(aranya_edge_daemon_status_audit, lost), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_74 = {AE_OBJECT, 4, sizeof(aranya_edge_daemon_status_audit), 0, 0, fields_73, NULL, NULL};

static const struct ae_field fields_75[] = {
	{"version", &schema_23, offsetof(aranya_edge_daemon_status, version), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_daemon_status, device_id), offsetof(aranya_edge_daemon_status, has_device_id), true, false},
	{"uptimeMs", &schema_39, offsetof(aranya_edge_daemon_status, uptime_ms), AE_NO_OFFSET, false, false},
	{"memory", &schema_56, offsetof(aranya_edge_daemon_status, memory), AE_NO_OFFSET, false, false},
	{"damagedLogs", &schema_39, offsetof(aranya_edge_daemon_status, damaged_logs), AE_NO_OFFSET, false, false},
	{"sync", &schema_58, offsetof(aranya_edge_daemon_status, sync), AE_NO_OFFSET, false, false},
	{"metrics", &schema_60, offsetof(aranya_edge_daemon_status, metrics), AE_NO_OFFSET, false, false},
	{"afc", &schema_69, offsetof(aranya_edge_daemon_status, afc), AE_NO_OFFSET, false, false},
	{"audit", &schema_74, offsetof(aranya_edge_daemon_status, audit), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_76 = {AE_OBJECT, 9, sizeof(aranya_edge_daemon_status), 0, 0, fields_75, NULL, NULL};

const struct ae_method ae_method_status = {"status", NULL, 0, &schema_76};

static const struct ae_schema schema_77 = {AE_TEXT, 0, sizeof(const char *), 1, 1572864, NULL, NULL, NULL};

static const struct ae_field fields_78[] = {
	{"text", &schema_77, offsetof(aranya_edge_metrics_text, text), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_79 = {AE_OBJECT, 1, sizeof(aranya_edge_metrics_text), 0, 0, fields_78, NULL, NULL};

const struct ae_method ae_method_metrics = {"metrics", NULL, 0, &schema_79};

static const struct ae_schema schema_80 = {AE_LIST, 0, 0, 0, UINT64_C(64), NULL, NULL, &schema_27};

const struct ae_method ae_method_teams = {"teams", NULL, 0, &schema_80};

static const struct ae_schema schema_81 = {AE_TEXT, 0, sizeof(const char *), 1, 256, NULL, NULL, NULL};

static const struct ae_schema schema_82 = {AE_IDS, 0, 0, 0, 64, NULL, NULL, &schema_27};

static const struct ae_field fields_83[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_team_state, team_id), AE_NO_OFFSET, false, false},
	{"policyId", &schema_81, offsetof(aranya_edge_team_state, policy_id), AE_NO_OFFSET, false, false},
	{"closed", &schema_26, offsetof(aranya_edge_team_state, closed), AE_NO_OFFSET, false, false},
	{"heads", &schema_40, offsetof(aranya_edge_team_state, heads), offsetof(aranya_edge_team_state, heads_count), false, false},
	{"commandCount", &schema_39, offsetof(aranya_edge_team_state, command_count), AE_NO_OFFSET, false, false},
	{"unheard", &schema_82, offsetof(aranya_edge_team_state, unheard), offsetof(aranya_edge_team_state, unheard_count), false, false},
	{"asideCount", &schema_39, offsetof(aranya_edge_team_state, aside_count), AE_NO_OFFSET, false, false},
	{"stalledForMs", &schema_39, offsetof(aranya_edge_team_state, stalled_for_ms), offsetof(aranya_edge_team_state, has_stalled_for_ms), true, false},
	{"stateDigest", &schema_72, offsetof(aranya_edge_team_state, state_digest), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_84 = {AE_OBJECT, 9, sizeof(aranya_edge_team_state), 0, 0, fields_83, NULL, NULL};

const struct ae_method ae_method_team = {"team", fields_32, 1, &schema_84};

static const struct ae_schema schema_85 = {AE_TEXTS, 0, 0, 0, 1024, NULL, NULL, &schema_23};

static const struct ae_field fields_86[] = {
	{"deviceId", &schema_27, offsetof(aranya_edge_device_info, device_id), AE_NO_OFFSET, false, false},
	{"commonName", &schema_23, offsetof(aranya_edge_device_info, common_name), AE_NO_OFFSET, false, false},
	{"role", &schema_46, offsetof(aranya_edge_device_info, role), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_33, offsetof(aranya_edge_device_info, net_identifier), AE_NO_OFFSET, true, false},
	{"labels", &schema_85, offsetof(aranya_edge_device_info, labels), offsetof(aranya_edge_device_info, labels_count), false, false},
	{"keyBundle", &schema_31, offsetof(aranya_edge_device_info, key_bundle), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_87 = {AE_OBJECT, 6, sizeof(aranya_edge_device_info), 0, 0, fields_86, NULL, NULL};

static const struct ae_schema schema_88 = {AE_LIST, 0, 0, 0, UINT64_C(1000000), NULL, NULL, &schema_87};

const struct ae_method ae_method_devices = {"devices", fields_32, 1, &schema_88};

static const struct ae_schema schema_89 = {AE_LIST, 0, 0, 0, UINT64_C(1024), NULL, NULL, &schema_23};

const struct ae_method ae_method_labels = {"labels", fields_32, 1, &schema_89};

static const char *const names_90[] = {"DeviceNotInitialised", "UnknownTeam", "TeamNotSynced", "NotReady", "TeamClosed", "NotAuthorised", "UnknownDevice", "DeviceExists", "UnknownLabel", "LabelExists", "NameInUse", "UnknownName", "RoleMismatch", "InvalidArgument", "ConfigMismatch", "UnknownPolicy", "PeerUnreachable", "PeerRefused", "NotAMember", "Timeout", "MessageTooLarge", "BufferTooSmall", "NoData", "UnknownChannel", "ChannelClosed", "NoListener", "LimitReached", "StorageFailed", "ProtocolMismatch", "DaemonUnavailable"};

static const struct ae_schema schema_91 = {AE_ONE_OF, 30, sizeof(int), 0, 0, NULL, names_90, NULL};

static const struct ae_schema schema_92 = {AE_TEXT, 0, sizeof(const char *), 0, 1024, NULL, NULL, NULL};

static const struct ae_field fields_93[] = {
	{"code", &schema_91, offsetof(aranya_edge_sync_peer_info_last_error, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_92, offsetof(aranya_edge_sync_peer_info_last_error, reason), AE_NO_OFFSET, false, false},
	{"at", &schema_39, offsetof(aranya_edge_sync_peer_info_last_error, at), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_94 = {AE_OBJECT, 3, sizeof(aranya_edge_sync_peer_info_last_error), 0, 0, fields_93, NULL, NULL};

static const struct ae_field fields_95[] = {
	{"address", &schema_33, offsetof(aranya_edge_sync_peer_info, address), AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, offsetof(aranya_edge_sync_peer_info, team_id), AE_NO_OFFSET, false, false},
	{"rateMs", &schema_39, offsetof(aranya_edge_sync_peer_info, rate_ms), AE_NO_OFFSET, false, false},
	{"expectedDeviceId", &schema_27, offsetof(aranya_edge_sync_peer_info, expected_device_id), offsetof(aranya_edge_sync_peer_info, has_expected_device_id), true, false},
	{"lastSuccess", &schema_39, offsetof(aranya_edge_sync_peer_info, last_success), offsetof(aranya_edge_sync_peer_info, has_last_success), true, false},
	{"lastError", &schema_94, offsetof(aranya_edge_sync_peer_info, last_error), offsetof(aranya_edge_sync_peer_info, has_last_error), true, false},
	{"failures", &schema_39, offsetof(aranya_edge_sync_peer_info, failures), offsetof(aranya_edge_sync_peer_info, has_failures), true, false},
	{"behind", &schema_26, offsetof(aranya_edge_sync_peer_info, behind), offsetof(aranya_edge_sync_peer_info, has_behind), true, false},
	{"behindForMs", &schema_39, offsetof(aranya_edge_sync_peer_info, behind_for_ms), offsetof(aranya_edge_sync_peer_info, has_behind_for_ms), true, false},
	{"headsMissing", &schema_39, offsetof(aranya_edge_sync_peer_info, heads_missing), offsetof(aranya_edge_sync_peer_info, has_heads_missing), true, false}};

static const struct ae_schema schema_96 = {AE_OBJECT, 10, sizeof(aranya_edge_sync_peer_info), 0, 0, fields_95, NULL, NULL};

static const struct ae_schema schema_97 = {AE_LIST, 0, 0, 0, UINT64_C(256), NULL, NULL, &schema_96};

const struct ae_method ae_method_sync_peers = {"syncPeers", NULL, 0, &schema_97};

static const char *const names_98[] = {"opening", "open", "closing"};

static const struct ae_schema schema_99 = {AE_ONE_OF, 3, sizeof(int), 0, 0, NULL, names_98, NULL};

static const char *const names_100[] = {"outgoing", "incoming"};

static const struct ae_schema schema_101 = {AE_ONE_OF, 2, sizeof(int), 0, 0, NULL, names_100, NULL};

static const struct ae_field fields_102[] = {
	{"channelId", &schema_27, offsetof(aranya_edge_channel_info, channel_id), AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, offsetof(aranya_edge_channel_info, team_id), AE_NO_OFFSET, false, false},
	{"peerDeviceId", &schema_27, offsetof(aranya_edge_channel_info, peer_device_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_33, offsetof(aranya_edge_channel_info, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_channel_info, label), AE_NO_OFFSET, false, false},
	{"delivery", &schema_52, offsetof(aranya_edge_channel_info, delivery), AE_NO_OFFSET, false, false},
	{"state", &schema_99, offsetof(aranya_edge_channel_info, state), AE_NO_OFFSET, false, false},
	{"direction", &schema_101, offsetof(aranya_edge_channel_info, direction), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_103 = {AE_OBJECT, 8, sizeof(aranya_edge_channel_info), 0, 0, fields_102, NULL, NULL};

static const struct ae_schema schema_104 = {AE_LIST, 0, 0, 0, UINT64_C(1024), NULL, NULL, &schema_103};

const struct ae_method ae_method_channels = {"channels", NULL, 0, &schema_104};

static const struct ae_field fields_105[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_device_added, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_device_added, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_device_added, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_device_added, device_id), AE_NO_OFFSET, false, false},
	{"commonName", &schema_23, offsetof(aranya_edge_effect_device_added, common_name), AE_NO_OFFSET, false, false},
	{"role", &schema_46, offsetof(aranya_edge_effect_device_added, role), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_106 = {AE_OBJECT, 6, sizeof(aranya_edge_effect_device_added), 0, 0, fields_105, NULL, NULL};

static const struct ae_field fields_107[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_device_removed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_device_removed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_device_removed, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_device_removed, device_id), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_108 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_device_removed), 0, 0, fields_107, NULL, NULL};

static const struct ae_field fields_109[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_role_changed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_role_changed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_role_changed, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_role_changed, device_id), AE_NO_OFFSET, false, false},
	{"from", &schema_46, offsetof(aranya_edge_effect_role_changed, from), AE_NO_OFFSET, false, false},
	{"to", &schema_46, offsetof(aranya_edge_effect_role_changed, to), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_110 = {AE_OBJECT, 6, sizeof(aranya_edge_effect_role_changed), 0, 0, fields_109, NULL, NULL};

static const struct ae_field fields_111[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_network_name_assigned, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_network_name_assigned, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_network_name_assigned, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_network_name_assigned, device_id), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_33, offsetof(aranya_edge_effect_network_name_assigned, net_identifier), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_112 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_network_name_assigned), 0, 0, fields_111, NULL, NULL};

static const struct ae_field fields_113[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_network_name_revoked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_network_name_revoked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_network_name_revoked, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_network_name_revoked, device_id), AE_NO_OFFSET, false, false},
	{"netIdentifier", &schema_33, offsetof(aranya_edge_effect_network_name_revoked, net_identifier), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_114 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_network_name_revoked), 0, 0, fields_113, NULL, NULL};

static const struct ae_field fields_115[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_label_created, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_label_created, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_label_created, author), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_effect_label_created, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_116 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_label_created), 0, 0, fields_115, NULL, NULL};

static const struct ae_field fields_117[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_label_deleted, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_label_deleted, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_label_deleted, author), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_effect_label_deleted, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_118 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_label_deleted), 0, 0, fields_117, NULL, NULL};

static const struct ae_field fields_119[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_label_assigned, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_label_assigned, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_label_assigned, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_label_assigned, device_id), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_effect_label_assigned, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_120 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_label_assigned), 0, 0, fields_119, NULL, NULL};

static const struct ae_field fields_121[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_label_revoked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_label_revoked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_label_revoked, author), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_label_revoked, device_id), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_effect_label_revoked, label), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_122 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_label_revoked), 0, 0, fields_121, NULL, NULL};

static const struct ae_field fields_123[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_team_closed, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_team_closed, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_team_closed, author), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_124 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_team_closed), 0, 0, fields_123, NULL, NULL};

static const struct ae_field fields_125[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_command_recalled, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_command_recalled, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_command_recalled, author), AE_NO_OFFSET, false, false},
	{"kind", &schema_23, offsetof(aranya_edge_effect_command_recalled, kind), AE_NO_OFFSET, false, false},
	{"reason", &schema_92, offsetof(aranya_edge_effect_command_recalled, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_126 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_command_recalled), 0, 0, fields_125, NULL, NULL};

static const struct ae_field fields_127[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_forked, team_id), AE_NO_OFFSET, false, false},
	{"commandId", &schema_27, offsetof(aranya_edge_effect_forked, command_id), AE_NO_OFFSET, false, false},
	{"author", &schema_27, offsetof(aranya_edge_effect_forked, author), AE_NO_OFFSET, false, false},
	{"otherCommandId", &schema_27, offsetof(aranya_edge_effect_forked, other_command_id), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_128 = {AE_OBJECT, 4, sizeof(aranya_edge_effect_forked), 0, 0, fields_127, NULL, NULL};

static const struct ae_field fields_129[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_team_stopped, team_id), AE_NO_OFFSET, false, false},
	{"code", &schema_91, offsetof(aranya_edge_effect_team_stopped, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_92, offsetof(aranya_edge_effect_team_stopped, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_130 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_team_stopped), 0, 0, fields_129, NULL, NULL};

static const struct ae_field fields_131[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_channel_opened, team_id), AE_NO_OFFSET, false, false},
	{"channelId", &schema_27, offsetof(aranya_edge_effect_channel_opened, channel_id), AE_NO_OFFSET, false, false},
	{"peerDeviceId", &schema_27, offsetof(aranya_edge_effect_channel_opened, peer_device_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_33, offsetof(aranya_edge_effect_channel_opened, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_effect_channel_opened, label), AE_NO_OFFSET, false, false},
	{"delivery", &schema_52, offsetof(aranya_edge_effect_channel_opened, delivery), AE_NO_OFFSET, false, false},
	{"direction", &schema_101, offsetof(aranya_edge_effect_channel_opened, direction), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_132 = {AE_OBJECT, 7, sizeof(aranya_edge_effect_channel_opened), 0, 0, fields_131, NULL, NULL};

static const struct ae_field fields_133[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_channel_closed, team_id), AE_NO_OFFSET, false, false},
	{"channelId", &schema_27, offsetof(aranya_edge_effect_channel_closed, channel_id), AE_NO_OFFSET, false, false},
	{"reason", &schema_92, offsetof(aranya_edge_effect_channel_closed, reason), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_134 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_channel_closed), 0, 0, fields_133, NULL, NULL};

static const struct ae_field fields_135[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_sync_succeeded, team_id), AE_NO_OFFSET, false, false},
	{"address", &schema_33, offsetof(aranya_edge_effect_sync_succeeded, address), AE_NO_OFFSET, false, false},
	{"received", &schema_39, offsetof(aranya_edge_effect_sync_succeeded, received), AE_NO_OFFSET, false, false},
	{"accepted", &schema_39, offsetof(aranya_edge_effect_sync_succeeded, accepted), AE_NO_OFFSET, false, false},
	{"recalled", &schema_39, offsetof(aranya_edge_effect_sync_succeeded, recalled), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_136 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_sync_succeeded), 0, 0, fields_135, NULL, NULL};

static const struct ae_field fields_137[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_sync_failed, team_id), AE_NO_OFFSET, false, false},
	{"address", &schema_33, offsetof(aranya_edge_effect_sync_failed, address), AE_NO_OFFSET, false, false},
	{"code", &schema_91, offsetof(aranya_edge_effect_sync_failed, code), AE_NO_OFFSET, false, false},
	{"reason", &schema_92, offsetof(aranya_edge_effect_sync_failed, reason), AE_NO_OFFSET, false, false},
	{"deviceId", &schema_27, offsetof(aranya_edge_effect_sync_failed, device_id), offsetof(aranya_edge_effect_sync_failed, has_device_id), true, false}};

static const struct ae_schema schema_138 = {AE_OBJECT, 5, sizeof(aranya_edge_effect_sync_failed), 0, 0, fields_137, NULL, NULL};

static const struct ae_field fields_139[] = {
	{"count", &schema_39, offsetof(aranya_edge_effect_effects_lost, count), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_140 = {AE_OBJECT, 1, sizeof(aranya_edge_effect_effects_lost), 0, 0, fields_139, NULL, NULL};

static const char *const names_141[] = {"notLevel", "noProgress", "headsMissing"};

static const struct ae_schema schema_142 = {AE_ONE_OF, 3, sizeof(int), 0, 0, NULL, names_141, NULL};

static const struct ae_field fields_143[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_sync_stalled, team_id), AE_NO_OFFSET, false, false},
	{"cause", &schema_142, offsetof(aranya_edge_effect_sync_stalled, cause), AE_NO_OFFSET, false, false},
	{"forMs", &schema_39, offsetof(aranya_edge_effect_sync_stalled, for_ms), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_144 = {AE_OBJECT, 3, sizeof(aranya_edge_effect_sync_stalled), 0, 0, fields_143, NULL, NULL};

static const struct ae_field fields_145[] = {
	{"teamId", &schema_27, offsetof(aranya_edge_effect_sync_resumed, team_id), AE_NO_OFFSET, false, false},
	{"forMs", &schema_39, offsetof(aranya_edge_effect_sync_resumed, for_ms), AE_NO_OFFSET, false, false}};

static const struct ae_schema schema_146 = {AE_OBJECT, 2, sizeof(aranya_edge_effect_sync_resumed), 0, 0, fields_145, NULL, NULL};

static const struct ae_field fields_147[] = {
	{"deviceAdded", &schema_106, offsetof(aranya_edge_effect, of.device_added), AE_NO_OFFSET, false, false},
	{"deviceRemoved", &schema_108, offsetof(aranya_edge_effect, of.device_removed), AE_NO_OFFSET, false, false},
	{"roleChanged", &schema_110, offsetof(aranya_edge_effect, of.role_changed), AE_NO_OFFSET, false, false},
	{"networkNameAssigned", &schema_112, offsetof(aranya_edge_effect, of.network_name_assigned), AE_NO_OFFSET, false, false},
	{"networkNameRevoked", &schema_114, offsetof(aranya_edge_effect, of.network_name_revoked), AE_NO_OFFSET, false, false},
	{"labelCreated", &schema_116, offsetof(aranya_edge_effect, of.label_created), AE_NO_OFFSET, false, false},
	{"labelDeleted", &schema_118, offsetof(aranya_edge_effect, of.label_deleted), AE_NO_OFFSET, false, false},
	{"labelAssigned", &schema_120, offsetof(aranya_edge_effect, of.label_assigned), AE_NO_OFFSET, false, false},
	{"labelRevoked", &schema_122, offsetof(aranya_edge_effect, of.label_revoked), AE_NO_OFFSET, false, false},
	{"teamClosed", &schema_124, offsetof(aranya_edge_effect, of.team_closed), AE_NO_OFFSET, false, false},
	{"commandRecalled", &schema_126, offsetof(aranya_edge_effect, of.command_recalled), AE_NO_OFFSET, false, false},
	{"forked", &schema_128, offsetof(aranya_edge_effect, of.forked), AE_NO_OFFSET, false, false},
	{"teamStopped", &schema_130, offsetof(aranya_edge_effect, of.team_stopped), AE_NO_OFFSET, false, false},
	{"channelOpened", &schema_132, offsetof(aranya_edge_effect, of.channel_opened), AE_NO_OFFSET, false, false},
	{"channelClosed", &schema_134, offsetof(aranya_edge_effect, of.channel_closed), AE_NO_OFFSET, false, false},
	{"syncSucceeded", &schema_136, offsetof(aranya_edge_effect, of.sync_succeeded), AE_NO_OFFSET, false, false},
	{"syncFailed", &schema_138, offsetof(aranya_edge_effect, of.sync_failed), AE_NO_OFFSET, false, false},
	{"effectsLost", &schema_140, offsetof(aranya_edge_effect, of.effects_lost), AE_NO_OFFSET, false, false},
	{"syncStalled", &schema_144, offsetof(aranya_edge_effect, of.sync_stalled), AE_NO_OFFSET, false, false},
	{"syncResumed", &schema_146, offsetof(aranya_edge_effect, of.sync_resumed), AE_NO_OFFSET, false, false}};

const struct ae_schema ae_effect_schema = {AE_TAGGED, 20, sizeof(aranya_edge_effect), 0, 0, fields_147, NULL, NULL};

const struct ae_schema *const ae_error_codes = &schema_91;

static const struct ae_field fields_148[] = {
	{"channelId", &schema_27, offsetof(aranya_edge_received, channel_id), AE_NO_OFFSET, false, false},
	{"teamId", &schema_27, offsetof(aranya_edge_received, team_id), AE_NO_OFFSET, false, false},
	{"remoteNetIdentifier", &schema_33, offsetof(aranya_edge_received, remote_net_identifier), AE_NO_OFFSET, false, false},
	{"label", &schema_23, offsetof(aranya_edge_received, label), AE_NO_OFFSET, false, false}};

const struct ae_schema ae_channel_meta_schema = {AE_OBJECT, 4, sizeof(aranya_edge_received), 0, 0, fields_148, NULL, NULL};

static const struct ae_field fields_149[] = {
	{"channelId", &schema_27, 0, AE_NO_OFFSET, false, false}};

const struct ae_schema ae_channel_gone_schema = {AE_OBJECT, 1, AE_ID_BYTES, 0, 0, fields_149, NULL, NULL};
