/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All commands, each in a file or folder of its name. A new one: a line here, one in main.c, its files in
 * an *.am fragment (reflector_client_SOURCES += …), its section in reflector-client.1.
 */
#pragma once

#include "tools/client/client.h"

extern const ClientCommand client_command_bridge;
extern const ClientCommand client_command_broadcast;
extern const ClientCommand client_command_get_file;
extern const ClientCommand client_command_monitor;
extern const ClientCommand client_command_play;
extern const ClientCommand client_command_record;
extern const ClientCommand client_command_roster;
extern const ClientCommand client_command_send_file;
extern const ClientCommand client_command_share;
extern const ClientCommand client_command_view;
