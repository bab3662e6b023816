using System.Text;

namespace Sera.Host.Experiments;

/// <summary>Lines of one of many runs, each told from the others' by what stands before it.</summary>
internal sealed class PrefixedWriter(TextWriter output, string prefix) : TextWriter
{
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => output.Encoding;

    /// <summary>The last whole line; empty before the first.</summary>
    public string Last { get; private set; } = "";

    public override void Write(char value)
    {
        if (value == '\r') return;
        if (value != '\n')
        {
            _line.Append(value);
            return;
        }
        Last = _line.ToString();
        _line.Clear();
        output.WriteLine(prefix + Last);
    }
}
