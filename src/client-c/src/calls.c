/* Generated from src/ipc by `npm run client-c -- generate`: change it there. */
#include "internal.h"
#include "methods.h"

aranya_edge_status aranya_edge_subscribe_effects(aranya_edge *client, bool *changed,
                                                 const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_subscribe_effects, NULL, changed, options);
}

aranya_edge_status aranya_edge_unsubscribe_effects(aranya_edge *client, bool *changed,
                                                   const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_unsubscribe_effects, NULL, changed, options);
}

aranya_edge_status aranya_edge_init_device(aranya_edge *client, aranya_edge_device_id *device_id,
                                           const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_init_device, NULL, device_id, options);
}

aranya_edge_status aranya_edge_get_device_id(aranya_edge *client, aranya_edge_device_id *device_id,
                                             const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_get_device_id, NULL, device_id, options);
}

aranya_edge_status aranya_edge_get_key_bundle(aranya_edge *client, aranya_edge_key_bundle *result,
                                              const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_get_key_bundle, NULL, result, options);
}

aranya_edge_status aranya_edge_add_team(aranya_edge *client, const aranya_edge_team_id *team_id, bool *changed,
                                        const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_call(client, &ae_method_add_team, args, changed, options);
}

aranya_edge_status aranya_edge_remove_team(aranya_edge *client, const aranya_edge_team_id *team_id, bool *changed,
                                           const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_call(client, &ae_method_remove_team, args, changed, options);
}

aranya_edge_status aranya_edge_add_sync_peer(aranya_edge *client, const char *address,
                                             const aranya_edge_team_id *team_id, uint64_t rate_ms,
                                             const aranya_edge_device_id *expected_device_id, bool *changed,
                                             const aranya_edge_options *options)
{
	const void *const args[] = {&address, team_id, &rate_ms, expected_device_id};
	return ae_call(client, &ae_method_add_sync_peer, args, changed, options);
}

aranya_edge_status aranya_edge_remove_sync_peer(aranya_edge *client, const char *address,
                                                const aranya_edge_team_id *team_id, bool *changed,
                                                const aranya_edge_options *options)
{
	const void *const args[] = {&address, team_id};
	return ae_call(client, &ae_method_remove_sync_peer, args, changed, options);
}

aranya_edge_status aranya_edge_sync_now(aranya_edge *client, const char *address, const aranya_edge_team_id *team_id,
                                        const aranya_edge_device_id *expected_device_id,
                                        aranya_edge_sync_report *result, const aranya_edge_options *options)
{
	const void *const args[] = {&address, team_id, expected_device_id};
	return ae_call(client, &ae_method_sync_now, args, result, options);
}

aranya_edge_status aranya_edge_create_team(aranya_edge *client, aranya_edge_team_id *team_id,
                                           const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_create_team, NULL, team_id, options);
}

aranya_edge_status aranya_edge_close_team(aranya_edge *client, const aranya_edge_team_id *team_id, bool *changed,
                                          const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_call(client, &ae_method_close_team, args, changed, options);
}

aranya_edge_status aranya_edge_add_device(aranya_edge *client, const aranya_edge_team_id *team_id,
                                          const aranya_edge_key_bundle *key_bundle, const char *common_name,
                                          aranya_edge_device_id *device_id, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, key_bundle, &common_name};
	return ae_call(client, &ae_method_add_device, args, device_id, options);
}

aranya_edge_status aranya_edge_remove_device(aranya_edge *client, const aranya_edge_team_id *team_id,
                                             const aranya_edge_device_id *device_id, bool *changed,
                                             const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id};
	return ae_call(client, &ae_method_remove_device, args, changed, options);
}

aranya_edge_status aranya_edge_assign_role(aranya_edge *client, const aranya_edge_team_id *team_id,
                                           const aranya_edge_device_id *device_id, enum aranya_edge_role role,
                                           bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &role};
	return ae_call(client, &ae_method_assign_role, args, changed, options);
}

aranya_edge_status aranya_edge_revoke_role(aranya_edge *client, const aranya_edge_team_id *team_id,
                                           const aranya_edge_device_id *device_id, enum aranya_edge_role role,
                                           bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &role};
	return ae_call(client, &ae_method_revoke_role, args, changed, options);
}

aranya_edge_status aranya_edge_assign_network_name(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                   const aranya_edge_device_id *device_id, const char *net_identifier,
                                                   bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &net_identifier};
	return ae_call(client, &ae_method_assign_network_name, args, changed, options);
}

aranya_edge_status aranya_edge_revoke_network_name(aranya_edge *client, const aranya_edge_team_id *team_id,
                                                   const aranya_edge_device_id *device_id, const char *net_identifier,
                                                   bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &net_identifier};
	return ae_call(client, &ae_method_revoke_network_name, args, changed, options);
}

aranya_edge_status aranya_edge_create_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                            const char *label, bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, &label};
	return ae_call(client, &ae_method_create_label, args, changed, options);
}

aranya_edge_status aranya_edge_delete_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                            const char *label, bool *changed, const aranya_edge_options *options)
{
	const void *const args[] = {team_id, &label};
	return ae_call(client, &ae_method_delete_label, args, changed, options);
}

aranya_edge_status aranya_edge_assign_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                            const aranya_edge_device_id *device_id, const char *label, bool *changed,
                                            const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &label};
	return ae_call(client, &ae_method_assign_label, args, changed, options);
}

aranya_edge_status aranya_edge_revoke_label(aranya_edge *client, const aranya_edge_team_id *team_id,
                                            const aranya_edge_device_id *device_id, const char *label, bool *changed,
                                            const aranya_edge_options *options)
{
	const void *const args[] = {team_id, device_id, &label};
	return ae_call(client, &ae_method_revoke_label, args, changed, options);
}

aranya_edge_status aranya_edge_create_channel(aranya_edge *client, const aranya_edge_team_id *team_id,
                                              const char *net_identifier, const char *label,
                                              enum aranya_edge_delivery delivery, aranya_edge_channel_id *channel_id,
                                              const aranya_edge_options *options)
{
	const void *const args[] = {team_id, &net_identifier, &label, &delivery};
	return ae_call(client, &ae_method_create_channel, args, channel_id, options);
}

aranya_edge_status aranya_edge_delete_channel(aranya_edge *client, const aranya_edge_team_id *team_id,
                                              const aranya_edge_channel_id *channel_id, bool *changed,
                                              const aranya_edge_options *options)
{
	const void *const args[] = {team_id, channel_id};
	return ae_call(client, &ae_method_delete_channel, args, changed, options);
}

aranya_edge_status aranya_edge_get_status(aranya_edge *client, aranya_edge_daemon_status *result,
                                          const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_status, NULL, result, options);
}

aranya_edge_status aranya_edge_metrics(aranya_edge *client, aranya_edge_metrics_text *result,
                                       const aranya_edge_options *options)
{
	return ae_call(client, &ae_method_metrics, NULL, result, options);
}

static void visit_teams(void (*visit)(void), void *user, const void *item)
{
	((aranya_edge_visit_teams *)visit)(user, item);
}

aranya_edge_status aranya_edge_teams(aranya_edge *client, aranya_edge_visit_teams *visit, void *visit_user,
                                     const aranya_edge_options *options)
{
	return ae_list(client, &ae_method_teams, NULL, visit == NULL ? NULL : visit_teams, (void (*)(void))visit,
		       visit_user, options);
}

aranya_edge_status aranya_edge_team(aranya_edge *client, const aranya_edge_team_id *team_id,
                                    aranya_edge_team_state *result, const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_call(client, &ae_method_team, args, result, options);
}

static void visit_devices(void (*visit)(void), void *user, const void *item)
{
	((aranya_edge_visit_devices *)visit)(user, item);
}

aranya_edge_status aranya_edge_devices(aranya_edge *client, const aranya_edge_team_id *team_id,
                                       aranya_edge_visit_devices *visit, void *visit_user,
                                       const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_list(client, &ae_method_devices, args, visit == NULL ? NULL : visit_devices, (void (*)(void))visit,
		       visit_user, options);
}

static void visit_labels(void (*visit)(void), void *user, const void *item)
{
	((aranya_edge_visit_labels *)visit)(user, *(const char *const *)item);
}

aranya_edge_status aranya_edge_labels(aranya_edge *client, const aranya_edge_team_id *team_id,
                                      aranya_edge_visit_labels *visit, void *visit_user,
                                      const aranya_edge_options *options)
{
	const void *const args[] = {team_id};
	return ae_list(client, &ae_method_labels, args, visit == NULL ? NULL : visit_labels, (void (*)(void))visit,
		       visit_user, options);
}

static void visit_sync_peers(void (*visit)(void), void *user, const void *item)
{
	((aranya_edge_visit_sync_peers *)visit)(user, item);
}

aranya_edge_status aranya_edge_sync_peers(aranya_edge *client, aranya_edge_visit_sync_peers *visit, void *visit_user,
                                          const aranya_edge_options *options)
{
	return ae_list(client, &ae_method_sync_peers, NULL, visit == NULL ? NULL : visit_sync_peers, (void (*)(void))visit,
		       visit_user, options);
}

static void visit_channels(void (*visit)(void), void *user, const void *item)
{
	((aranya_edge_visit_channels *)visit)(user, item);
}

aranya_edge_status aranya_edge_channels(aranya_edge *client, aranya_edge_visit_channels *visit, void *visit_user,
                                        const aranya_edge_options *options)
{
	return ae_list(client, &ae_method_channels, NULL, visit == NULL ? NULL : visit_channels, (void (*)(void))visit,
		       visit_user, options);
}
