# SPDX-License-Identifier: LGPL-2.1-or-later
# Writes the inside of the group GROUP (-v group=NAME) of conf.d from what `reflectord --manual`
# prints: every option with its help and, commented out, its default.
function words(cell) {
  gsub(/`/, "", cell)
  gsub(/\\\|/, "|", cell)
  return cell
}

# The last row closes what its groups opened.
function close_to(depth) {
  for (; open > depth; open--)
    printf "  #%*s} );\n", 2 * (open - 1), ""
}

function value(type, fallback) {
  if (fallback ~ /^`/)
    return words(fallback)
  if (type == "integer")
    return "0"
  if (type == "boolean")
    return "false"
  return "\"\""
}

/^## / { inside = $2 == group; next }
!inside || !/^\| `/ { next }
{
  n = split(substr($0, 3), cell, / \| /)
  name = words(cell[1])
  sub(/ \|$/, "", cell[6])
  depth = gsub(/\[\]\./, "&", name)
  sub(/.*\./, "", name)
  close_to(depth)
  note = ""
  if (cell[4] != "") note = note "; " words(cell[4])
  if (cell[3] == "required") note = note "; required"
  if (cell[3] == "not set") note = note "; not set by default"
  if (cell[5] != "") note = note "; classic line " words(cell[5])
  mark = depth ? sprintf("#%*s", 2 * depth, "") : "#"
  if (!depth && seen++)
    print ""
  print "  " mark (depth ? "# " : " ") words(cell[6]) (note == "" ? "" : " (" substr(note, 3) ")")
  if (cell[2] == "list of groups") {
    printf "  %s%s = ( {\n", mark, name
    open = depth + 1
  } else
    printf "  %s%s = %s;\n", mark, name, value(cell[2], cell[3])
}
END { close_to(0) }
