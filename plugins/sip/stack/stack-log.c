/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sofia-SIP's own log lines become debug lines of ours. Its levels above 3 write message
 * contents and digest secrets, so they are never switched on, whatever the environment says.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/stack/stack.h"
#include <sofia-sip/su_debug.h>
#include <string.h>

#define STACK_LOG_LEVEL 3

SOFIAPUBVAR su_log_t tport_log[];
SOFIAPUBVAR su_log_t nta_log[];
SOFIAPUBVAR su_log_t nua_log[];
SOFIAPUBVAR su_log_t soa_log[];
SOFIAPUBVAR su_log_t nea_log[];
SOFIAPUBVAR su_log_t iptsec_log[];
SOFIAPUBVAR su_log_t sresolv_log[];

G_GNUC_PRINTF (2, 0)
static void
log_line (void *stream, char const *format, va_list ap)
{
  SipPlugin *plugin = stream;
  char line[512];
  guint suppressed = 0;

  if (!rfl_log_limit_pass (&plugin->stack_log, rfl_core_get_clock (plugin->core), &suppressed))
    return;
  g_vsnprintf (line, sizeof line, format, ap);
  g_strchomp (line);
  rfl_debug (NULL, "stack: %s (%u more)", line, suppressed);
}

static void
redirect_all (su_logger_f *logger, void *stream)
{
  su_log_t *const logs[] = { su_log_default, tport_log, nta_log,    nua_log,
                             soa_log,        nea_log,   iptsec_log, sresolv_log };

  for (guint i = 0; i < G_N_ELEMENTS (logs); i++)
    {
      su_log_redirect (logs[i], logger, stream);
      su_log_set_level (logs[i], STACK_LOG_LEVEL);
    }
}

void
sip_log_redirect (SipPlugin *plugin)
{
  redirect_all (log_line, plugin);
}

static void
log_nothing (void *stream, char const *format, va_list ap)
{
}

void
sip_log_restore (void)
{
  redirect_all (log_nothing, NULL);
}
