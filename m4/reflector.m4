# SPDX-License-Identifier: LGPL-2.1-or-later
# RFL_PLUGIN([MINIMUM-VERSION])
#
# For a plugin of reflectord built outside its tree. Substitutes REFLECTOR_CFLAGS,
# REFLECTOR_LIBS, RFL_PLUGIN_LDFLAGS, and plugindir (--with-plugindir overrides it).
AC_DEFUN([RFL_PLUGIN], [
  PKG_CHECK_MODULES([REFLECTOR], [reflector >= m4_default([$1], [0.1.0])])
  PKG_CHECK_VAR([RFL_INSTALLED_PLUGINDIR], [reflector], [plugindir])
  AC_ARG_WITH([plugindir],
    [AS_HELP_STRING([--with-plugindir=DIR], [where to install the plugin])],
    [plugindir=$withval], [plugindir=$RFL_INSTALLED_PLUGINDIR])
  AC_SUBST([plugindir])
  RFL_PLUGIN_LDFLAGS="-module -avoid-version -shared -export-symbols-regex ^rfl_plugin\$\$"
  AC_SUBST([RFL_PLUGIN_LDFLAGS])
])
