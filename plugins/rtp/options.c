/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's options. What becomes of them: instance.c, ports.c, traffic.c. */
#include "plugins/rtp/rtp.h"

#define PORT_OPTION(NAME, DEFAULT, HELP)                                                           \
  {                                                                                                \
    .name = NAME, .type = RFL_OPTION_INT, .fallback = DEFAULT, .min = 1, .max = 65535,             \
    .help = HELP                                                                                   \
  }

#define LIMIT_OPTION(NAME, HELP)                                                                   \
  {                                                                                                \
    .name = NAME, .type = RFL_OPTION_INT, .fallback = "-1", .min = -1, .max = 1000000,             \
    .help = HELP                                                                                   \
  }

const RflOption rtp_options[] = {
  PORT_OPTION ("audio_port", "5566", "UDP port for RTP of audio"),
  PORT_OPTION ("audio_rtcp_port", "5567", "UDP port for RTCP of audio"),
  PORT_OPTION ("video_port", "5568", "UDP port for RTP of video"),
  PORT_OPTION ("video_rtcp_port", "5569", "UDP port for RTCP of video"),
  { .name = "second_ports",
    .type = RFL_OPTION_INT,
    .fallback = "4",
    .min = 0,
    .max = 60000,
    .help =
        "how far above these the second ones are, for participants who cannot be told apart and "
        "for keep-alives (5570 to 5573); 0: none" },
  { .name = "udp_ports",
    .type = RFL_OPTION_GROUPS,
    .members = rtp_port_members,
    .classic = "UDP_PORT",
    .help = "the same ports, and limits, as lines: PORT TYPE MAX_CLIENTS MAX_LURKERS MEDIA" },
  { .name = "udp_ranges",
    .type = RFL_OPTION_GROUPS,
    .members = rtp_range_members,
    .classic = "UDP_RANGE",
    .help = "likewise the first pair of ports of a range: FIRST LAST TYPE … MEDIA" },
  LIMIT_OPTION ("audio_max_clients",
                "this reflector's participants with audio who send in some medium; -1: no limit"),
  LIMIT_OPTION ("audio_max_lurkers",
                "this reflector's participants with audio who only receive; -1: no limit"),
  LIMIT_OPTION ("video_max_clients", "likewise with video"),
  LIMIT_OPTION ("video_max_lurkers", "likewise with video"),
  LIMIT_OPTION ("max_participants",
                "this reflector's participants of one session who send; -1: no limit"),
  LIMIT_OPTION ("max_lurkers",
                "this reflector's participants of one session who only receive; -1: no limit"),
  { .name = "traffic",
    .type = RFL_OPTION_GROUPS,
    .members = rtp_traffic_members,
    .classic = "TRAFFIC_DESCR",
    .help = "payload types that a medium may have, static ones by their codec; none: any" },
  { .name = "audio_codecs",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"PCMU/8000\", \"PCMA/8000\", \"opus/48000/2\", \"G722/8000\", \"GSM/8000\", "
                "\"speex/16000\", \"speex/8000\", \"iLBC/8000\", \"G729/8000\" ]",
    .help =
        "audio codecs (NAME/RATE[/CHANNELS][;FMTP]); a session gets the first its creator offers" },
  { .name = "video_codecs",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"VP8/90000\", \"H264/90000\", \"VP9/90000\", \"H265/90000\", \"AV1/90000\", "
                "\"H263-1998/90000\", \"H263/90000\", \"MP4V-ES/90000\" ]",
    .help = "video codecs, likewise; whoever lacks the session's takes part without video" },
  { .name = "video_bandwidth",
    .type = RFL_OPTION_INT,
    .fallback = "0",
    .min = 0,
    .max = 1000000,
    .help = "kilobits of video (RTP) a second that a participant gets at most; 0: as many as it "
            "wants" },
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .classic = "IP_ADDRESS",
    .help = "IP address that participants are told to send to; default: the one they called" },
  { .name = "address_external",
    .type = RFL_OPTION_STRING,
    .classic = "IP_ADDRESS_EXTERNAL",
    .help = "the same for participants who call from public addresses" },
  { .name = "address_local",
    .type = RFL_OPTION_STRING,
    .classic = "IP_ADDRESS_LOCAL",
    .help = "the same for participants who call from private addresses" },
  { .name = "advertise",
    .type = RFL_OPTION_STRINGS,
    .help = "the same by the network they call from: \"NETWORK=ADDRESS\", as in "
            "\"10.0.0.0/8=10.1.2.3\"; the first that fits, before the other three" },
  { .name = "inactivity_timeout",
    .type = RFL_OPTION_INT,
    .fallback = "120",
    .min = 10,
    .max = 3600,
    .help =
        "seconds without RTCP (before the first: without RTP) after which a participant has left" },
  { .name = "max_sources",
    .type = RFL_OPTION_INT,
    .fallback = "8",
    .min = 1,
    .max = 64,
    .help = "SSRCs that one participant may send in one medium" },
  RFL_OPTION_END
};
