/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What UDP_PORT, UDP_RANGE and TRAFFIC_DESCR come to. Wrong lines are tests/conf/'s. */
#include "plugins/rtp/rtp.h"

#include "core/config/config.h"

static RflSettings *
read_lines (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config = rfl_config_load_text ("f.conf", text, &error);
  RflSettings *settings = config ? rfl_config_claim (config, "rtp", rtp_options, &error) : NULL;

  g_assert_no_error (error);
  return settings;
}

/* "5566 5567 100 50, 5568 …" */
static char *
describe (const RtpPortUse uses[RTP_N_KINDS])
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < RTP_N_KINDS; i++)
    g_string_append_printf (out, "%s%u %u %d %d", i ? ", " : "", uses[i].rtp, uses[i].rtcp,
                            (int) uses[i].max[RTP_CLIENT], (int) uses[i].max[RTP_LURKER]);
  return g_string_free (out, FALSE);
}

static void
ports (void)
{
  static const char *const rows[][2] = {
    { "", "5566 5567 -1 -1, 5568 5569 -1 -1" },
    { "UDP_PORT 5566 RTP 100 50 audio", "5566 5567 100 50, 5568 5569 -1 -1" },
    { "udp_port 6000 rtp/avp 100 50 AUDIO", "6000 6001 100 50, 5568 5569 -1 -1" },
    { "UDP_PORT 6000 RTP 100 50 audio\nUDP_PORT 6005 RTCP 70 60 audio",
      "6000 6005 70 50, 5568 5569 -1 -1" },
    { "UDP_PORT 6005 RTCP 70 -1 audio\nUDP_PORT 6000 RTP -1 0 audio",
      "6000 6005 70 0, 5568 5569 -1 -1" },
    { "UDP_PORT 6000 RTP/RTCP 1 2 video", "5566 5567 -1 -1, 6000 6001 1 2" },
    { "UDP_PORT 5567 RTCP 1 2 audio", "5566 5567 1 2, 5568 5569 -1 -1" },
    { "UDP_PORT 6000 RTP 1 2 audio\nrtp: { audio_rtcp_port = 6009; audio_max_clients = 3; };",
      "6000 6009 1 2, 5568 5569 -1 -1" },
    { "UDP_RANGE 5566 5569 RTP 100 50 all", "5566 5567 100 50, 5568 5569 100 50" },
    { "UDP_RANGE 7001 7009 both 9 8 any", "7002 7003 9 8, 7004 7005 9 8" },
    { "UDP_RANGE 7001 7009 RTP 9 8 video", "5566 5567 -1 -1, 7002 7003 9 8" },
    { "UDP_RANGE 7001 7009 RTCP 9 8 video", "5566 5567 -1 -1, 5568 7001 9 8" },
    { "UDP_RANGE 7000 7003 RTP 9 8 audio\nUDP_PORT 7001 RTCP 5 9 audio",
      "7000 7001 5 8, 5568 5569 -1 -1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflSettings) s = read_lines (rows[i][0]);
      g_autofree char *text = rfl_settings_to_text (s), *have = NULL, *again = NULL;
      g_autoptr (RflSettings) printed = read_lines (text);
      g_autoptr (GError) error = NULL;
      RtpPortUse uses[RTP_N_KINDS];

      g_test_message ("%s", rows[i][0]);
      g_assert_true (rtp_ports_read (s, uses, &error));
      have = describe (uses);
      g_assert_cmpstr (have, ==, rows[i][1]);
      /* What --check-config prints means the same. */
      g_assert_true (rtp_ports_read (printed, uses, &error));
      again = describe (uses);
      g_assert_cmpstr (again, ==, rows[i][1]);
    }
}

static gboolean
allows (const RtpTraffic *traffic, guint8 pt, const char *encoding, guint rate)
{
  g_autoptr (RflFormat) format = rfl_format_new (pt, encoding, rate, 1, NULL);

  return rtp_traffic_allows (traffic, format);
}

static void
traffic (void)
{
  g_autoptr (RflSettings) s = read_lines ("TRAFFIC_DESCR audio 0 3,101\r\n"
                                          "traffic_descr Audio 110-112\n");
  RtpPortUse uses[RTP_N_KINDS];

  g_assert_true (rtp_ports_read (s, uses, NULL));
  const RtpTraffic *audio = &uses[RTP_AUDIO].traffic, *video = &uses[RTP_VIDEO].traffic;
  g_assert_true (allows (audio, 0, "PCMU", 8000));
  g_assert_true (allows (audio, 98, "pcmu", 8000)); /* the codec of number 0 */
  g_assert_true (allows (audio, 3, "GSM", 8000));
  g_assert_true (allows (audio, 101, "telephone-event", 8000));
  g_assert_true (allows (audio, 111, "opus", 48000));
  g_assert_false (allows (audio, 98, "PCMU", 16000));
  g_assert_false (allows (audio, 8, "PCMA", 8000));
  g_assert_false (allows (audio, 3, "PCMA", 8000));
  g_assert_false (allows (audio, 96, "opus", 48000));
  g_assert_false (allows (audio, 113, "opus", 48000));
  g_assert_true (allows (video, 96, "VP8", 90000)); /* nothing is said of video */
}

static void
traffic_all (void)
{
  g_autoptr (RflSettings) s = read_lines ("TRAFFIC_DESCR all 96-127\nTRAFFIC_DESCR audio all");
  RtpPortUse uses[RTP_N_KINDS];

  g_assert_true (rtp_ports_read (s, uses, NULL));
  g_assert_true (allows (&uses[RTP_AUDIO].traffic, 0, "PCMU", 8000));
  g_assert_true (allows (&uses[RTP_VIDEO].traffic, 96, "VP8", 90000));
  g_assert_false (allows (&uses[RTP_VIDEO].traffic, 31, "H261", 90000));
  g_assert_false (rtp_traffic_allows_number (&uses[RTP_VIDEO].traffic, 72));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp/ports/lines", ports);
  g_test_add_func ("/rtp/ports/traffic", traffic);
  g_test_add_func ("/rtp/ports/traffic-all", traffic_all);
  return g_test_run ();
}
