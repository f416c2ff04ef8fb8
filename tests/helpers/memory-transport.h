/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network in memory for tests with manual workers (RflCoreOptions.manual_workers): any number
 * of hosts, each the transport of one core. What is sent to an address of another host
 * arrives there at its next rfl_path_step(); what is sent to anybody else is collected for the test to look
 * at. Nothing is lost or reordered unless a filter does it. One thread only.
 *
 *   TestNetwork *net = test_network_new ();
 *   RflCoreOptions options = { .transport = test_network_add_host (net, "10.0.0.1"),
 *                              .clock = rfl_clock_new_manual (1), .n_workers = 2,
 *                              .manual_workers = TRUE };
 *   g_autoptr (RflCore) core = rfl_core_new (&options);
 *   ... rfl_core_start (), rfl_port_open () ...
 *   test_network_inject (net, "10.0.0.1:5566", "192.0.2.7:4000", packet, len);
 *   rfl_path_step (rfl_core_get_path (core));
 *   g_autoptr (GPtrArray) sent = test_network_take_sent (net);   (of TestDatagram)
 *   ...
 *   free the cores first, then test_network_free (net);
 */
#pragma once

#include "core/path/transport.h"

typedef struct _TestNetwork TestNetwork;

/**
 * TestDatagram:
 * @from: with the port it left
 * @n_merged: how many datagrams left in the same UDP_SEGMENT message, 1: alone
 * @message: number of the message it left in
 */
typedef struct {
  RflAddress from, to;
  guint8 *data;
  gsize len;
  guint n_merged;
  guint message;
} TestDatagram;

TestNetwork *test_network_new (void);
void test_network_free (TestNetwork *net);
/* @ips: one address, or several separated by spaces. Returns: (transfer full): goes to
 * rfl_core_new(). */
RflTransport *test_network_add_host (TestNetwork *net, const char *ips);
/* "10.0.0.1:5566", "[2001:db8::1]:5566"; fails the test if it is none. */
RflAddress test_address (const char *text);
/* A datagram from outside. The worker that gets it is chosen by @from's port modulo the
 * number of workers, so that a test can choose. Returns: %FALSE if nobody listens there. */
gboolean test_network_inject (TestNetwork *net, const char *to, const char *from,
                              gconstpointer data, gsize len);
gboolean test_network_inject_from (TestNetwork *net, const RflAddress *to, const RflAddress *from,
                                   gconstpointer data, gsize len);
/* (transfer full) (element-type TestDatagram): what went to nobody's address since the last call, in
 * the order in which it was sent */
GPtrArray *test_network_take_sent (TestNetwork *net);
/* Sees every datagram between hosts and to the outside. Returns: %FALSE: it is lost. */
typedef gboolean (*TestNetworkFilter) (const TestDatagram *datagram, gpointer user_data);
void test_network_set_filter (TestNetwork *net, TestNetworkFilter filter, gpointer user_data);
/* The next @n messages are refused with @error. */
void test_network_fail (TestNetwork *net, guint n, int error);
/* Messages with segments are refused with @error from now on; 0: taken again. */
void test_network_fail_segments (TestNetwork *net, int error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestNetwork, test_network_free)
