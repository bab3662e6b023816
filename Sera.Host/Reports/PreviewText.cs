using System.Collections.Immutable;
using System.Text;
using Sera.Model.Data.Previews;

namespace Sera.Host.Reports;

/// <summary>Previews of rows for a terminal or a file: tokens in two shades by turns where there is colour, else with a bar between them.</summary>
internal sealed class PreviewText(TextWriter output, bool colored)
{
    private const string Reset = "\e[0m";
    private const string Seen = "\e[90m";
    private const string Special = "\e[35m";

    private static readonly string[] Trained = ["\e[92m", "\e[36m"];

    public void Write(ImmutableArray<RowPreview> rows)
    {
        foreach (var row in rows)
        {
            output.WriteLine($"{Shown(row.Id)}  ({Shown(row.Where)})");
            if (row.Note is { } note) output.WriteLine($"  {Shown(note)}");
            foreach (var part in row.Parts)
                output.WriteLine($"  {part.Name,-9}{part.Tokens.Length,5} tokens, {(part.Trained ? "trained on" : "seen only"),-10}  {Text(part)}");
        }
    }

    private string Text(PartPreview part)
    {
        if (!colored) return string.Join('|', part.Tokens.Select(token => Shown(token.Text)));
        var text = new StringBuilder();
        for (var i = 0; i < part.Tokens.Length; i++)
        {
            var token = part.Tokens[i];
            text.Append(token.Special ? Special : part.Trained ? Trained[i % Trained.Length] : Seen).Append(Shown(token.Text)).Append(Reset);
        }
        return text.ToString();
    }

    // On one line, and without what would steer the terminal.
    private static string Shown(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var shown = new StringBuilder();
        foreach (var c in text)
        {
            shown.Append(c switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }
        return shown.ToString();
    }
}
