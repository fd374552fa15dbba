/* Generated from src/ipc by `npm run client-c -- generate`: change it there. */
#ifndef AE_METHODS_H
#define AE_METHODS_H

#include "schema.h"

extern const struct ae_method ae_method_hello;
extern const struct ae_method ae_method_listen;
extern const struct ae_method ae_method_subscribe_effects;
extern const struct ae_method ae_method_unsubscribe_effects;
extern const struct ae_method ae_method_init_device;
extern const struct ae_method ae_method_get_device_id;
extern const struct ae_method ae_method_get_key_bundle;
extern const struct ae_method ae_method_add_team;
extern const struct ae_method ae_method_remove_team;
extern const struct ae_method ae_method_add_sync_peer;
extern const struct ae_method ae_method_remove_sync_peer;
extern const struct ae_method ae_method_sync_now;
extern const struct ae_method ae_method_create_team;
extern const struct ae_method ae_method_close_team;
extern const struct ae_method ae_method_add_device;
extern const struct ae_method ae_method_remove_device;
extern const struct ae_method ae_method_assign_role;
extern const struct ae_method ae_method_revoke_role;
extern const struct ae_method ae_method_assign_network_name;
extern const struct ae_method ae_method_revoke_network_name;
extern const struct ae_method ae_method_create_label;
extern const struct ae_method ae_method_delete_label;
extern const struct ae_method ae_method_assign_label;
extern const struct ae_method ae_method_revoke_label;
extern const struct ae_method ae_method_create_channel;
extern const struct ae_method ae_method_delete_channel;
extern const struct ae_method ae_method_status;
extern const struct ae_method ae_method_metrics;
extern const struct ae_method ae_method_teams;
extern const struct ae_method ae_method_team;
extern const struct ae_method ae_method_devices;
extern const struct ae_method ae_method_labels;
extern const struct ae_method ae_method_sync_peers;
extern const struct ae_method ae_method_channels;

#endif
