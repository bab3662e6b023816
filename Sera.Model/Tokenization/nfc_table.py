"""Writes NfcTable.cs from Python's unicodedata (Unicode 14.0): python3 nfc_table.py > NfcTable.cs

Pairs: code point, then its one-level canonical decomposition (one or two code points); '!' before the code point marks
those that composition never gives back. Classes: first code point, last code point, canonical combining class. Hexadecimal."""
import unicodedata as u

pairs, classes = [], []
for c in range(0x110000):
    if 0xAC00 <= c < 0xD7A4 or 0xD800 <= c < 0xE000:
        continue
    d = u.decomposition(chr(c))
    if d and not d.startswith("<"):
        excluded = "!" if u.normalize("NFC", chr(c)) != chr(c) else ""
        pairs.append(excluded + "%X" % c + "=" + "+".join("%X" % int(x, 16) for x in d.split()))
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
    print("    public const string %s =" % name)
    print(" +\n".join('        "%s"' % x for x in lines) + ";")


print("namespace Sera.Model.Tokenization;\n")
print("/// <summary>Canonical decompositions and combining classes of Unicode %s, as nfc_table.py wrote them;" % u.unidata_version)
print("/// derived from the Unicode Character Database (Unicode License v3). Hangul syllables are computed, not listed.</summary>")
print("internal static class NfcTable\n{")
literal("Pairs", pairs)
print()
literal("Classes", ["%X,%X,%X" % tuple(x) for x in classes])
print("}")
