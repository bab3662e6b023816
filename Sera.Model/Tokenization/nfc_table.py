"""Writes NfcTable.cs and NfkcTable.cs from Python's unicodedata (Unicode 14.0): python3 nfc_table.py

Pairs: code point, then its one-level canonical decomposition (one or two code points); '!' before the code point marks
those that composition never gives back. Classes: first code point, last code point, canonical combining class. Hexadecimal.
Compatibility: code point, then its one-level compatibility decomposition; "first-last=to" where neighbours decompose to neighbours."""
import os
import unicodedata as u

pairs, classes, compatibility = [], [], []
for c in range(0x110000):
    if 0xAC00 <= c < 0xD7A4 or 0xD800 <= c < 0xE000:
        continue
    d = u.decomposition(chr(c))
    if d and not d.startswith("<"):
        excluded = "!" if u.normalize("NFC", chr(c)) != chr(c) else ""
        pairs.append(excluded + "%X" % c + "=" + "+".join("%X" % int(x, 16) for x in d.split()))
    if d.startswith("<"):
        to = [int(x, 16) for x in d.split()[1:]]
        first, last, start = compatibility[-1] if compatibility else (0, -1, [])
        if last == c - 1 and len(to) == len(start) == 1 and to[0] - start[0] == c - first:
            compatibility[-1] = (first, c, start)
        else:
            compatibility.append((c, c, to))
    k = u.combining(chr(c))
    if k:
        if classes and classes[-1][1] == c - 1 and classes[-1][2] == k:
            classes[-1][1] = c
        else:
            classes.append([c, c, k])


def literal(name, items):
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) + 1 > 132:
            lines.append(line)
            line = ""
        line += item + ";"
    lines.append(line)
    return "    public const string %s =\n%s;\n" % (name, " +\n".join('        "%s"' % x for x in lines))


def write(name, summary, tables):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".cs"), "w", encoding="utf-8") as f:
        f.write("namespace Sera.Model.Tokenization;\n\n")
        f.write("/// <summary>%s of Unicode %s, as nfc_table.py wrote them;\n" % (summary, u.unidata_version))
        f.write("/// derived from the Unicode Character Database (Unicode License v3). Hangul syllables are computed, not listed.</summary>\n")
        f.write("internal static class %s\n{\n%s}\n" % (name, "\n".join(tables)))


write("NfcTable", "Canonical decompositions and combining classes",
      [literal("Pairs", pairs), literal("Classes", ["%X,%X,%X" % tuple(x) for x in classes])])
write("NfkcTable", "Compatibility decompositions",
      [literal("Compatibility", [("%X" % a if a == b else "%X-%X" % (a, b)) + "=" + "+".join("%X" % x for x in to) for a, b, to in compatibility])])
