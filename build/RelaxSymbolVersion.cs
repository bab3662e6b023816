using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>Marks the need for GLIBCXX_3.4.32 in libLibTorchSharp.so as weak (VER_FLG_WEAK in its Elf64_Vernaux entry).</summary>
public class RelaxSymbolVersion : Task
{
    const string Version = "GLIBCXX_3.4.32";
    const uint SectionOfNeeds = 0x6ffffffe; // SHT_GNU_verneed
    const ushort Weak = 0x2;                // VER_FLG_WEAK

    [Required] public string Folder { get; set; }
    [Required] public string Mode { get; set; }

    public override bool Execute()
    {
        if (!Directory.Exists(Folder)) return true;
        if (Mode == "auto" && SystemHasVersion()) return true;
        foreach (var path in Directory.GetFiles(Folder, "libLibTorchSharp.so", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(path);
            var at = FindNeed(bytes);
            if (at < 0 || (BitConverter.ToUInt16(bytes, at + 4) & Weak) != 0) continue;
            bytes[at + 4] |= (byte)Weak;
            var written = File.GetLastWriteTimeUtc(path);
            // A new file, not an edit in place: a running process may have the old one mapped.
            File.WriteAllBytes(path + ".tmp", bytes);
            File.SetLastWriteTimeUtc(path + ".tmp", written); // same time and size: the next build does not copy it again
            File.Delete(path);
            File.Move(path + ".tmp", path);
            Log.LogMessage(MessageImportance.Normal, "Marked {0} as weak in {1}: this system's libstdc++ lacks it.", Version, path);
        }
        return true;
    }

    static bool SystemHasVersion()
    {
        var needle = Encoding.ASCII.GetBytes(Version + "\0");
        var folders = new[] { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib" };
        var library = folders.Select(f => Path.Combine(f, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        return library == null || IndexOf(File.ReadAllBytes(library), needle) >= 0;
    }

    static int IndexOf(byte[] bytes, byte[] needle)
    {
        for (var i = Array.IndexOf(bytes, needle[0]); i >= 0 && i + needle.Length <= bytes.Length; i = Array.IndexOf(bytes, needle[0], i + 1))
        {
            var k = 1;
            while (k < needle.Length && bytes[i + k] == needle[k]) k++;
            if (k == needle.Length) return i;
        }
        return -1;
    }

    /// <summary>Offset of the Elf64_Vernaux entry (hash u32, flags u16, other u16, name u32, next u32) of the version, or -1.</summary>
    static int FindNeed(byte[] b)
    {
        if (b.Length < 64 || b[0] != 0x7f || b[1] != 'E' || b[2] != 'L' || b[3] != 'F' || b[4] != 2) return -1;
        long sections = BitConverter.ToInt64(b, 0x28);
        int entry = BitConverter.ToUInt16(b, 0x3A), count = BitConverter.ToUInt16(b, 0x3C);
        for (var s = 0; s < count; s++)
        {
            var at = (int)(sections + (long)s * entry);
            if (BitConverter.ToUInt32(b, at + 4) != SectionOfNeeds) continue;
            var start = (int)BitConverter.ToInt64(b, at + 0x18);
            var names = (int)BitConverter.ToInt64(b, (int)(sections + (long)BitConverter.ToInt32(b, at + 0x28) * entry) + 0x18);
            for (var need = start; ; need += BitConverter.ToInt32(b, need + 12))
            {
                var aux = need + BitConverter.ToInt32(b, need + 8);
                for (var k = BitConverter.ToUInt16(b, need + 2); k > 0; k--, aux += BitConverter.ToInt32(b, aux + 12))
                {
                    var name = names + BitConverter.ToInt32(b, aux + 8);
                    if (Encoding.ASCII.GetString(b, name, Math.Min(Version.Length + 1, b.Length - name)) == Version + "\0") return aux;
                }
                if (BitConverter.ToInt32(b, need + 12) == 0) return -1;
            }
        }
        return -1;
    }
}
