using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>The filter tojson as Hugging Face has it: Python's json.dumps without escapes for letters or HTML.</summary>
internal sealed class JsonText
{
    private readonly Rendering _rendering;
    private readonly StringBuilder _written = new();
    private readonly string? _indent;
    private readonly string _comma;
    private readonly string _colon;
    private readonly bool _ascii;
    private readonly bool _sorted;

    private JsonText(Rendering rendering, Arguments arguments)
    {
        _rendering = rendering;
        var bound = arguments.Bind(rendering, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        _ascii = bound[0] is { } ascii && Operations.IsTrue(ascii);
        _sorted = bound[3] is { } sorted && Operations.IsTrue(sorted);
        _indent = bound[1] switch
        {
            null or NoneValue => null,
            TextValue text => text.Of,
            IntValue { Of: <= TemplateLimits.Depth } width => new string(' ', (int)Math.Max(0, width.Of)),
            _ => throw rendering.OfType("tojson with an indent that is neither a text nor a small number"),
        };
        (_comma, _colon) = bound[2] switch
        {
            null or NoneValue => (_indent is null ? ", " : ",", ": "),
            SequenceValue { Items: [TextValue comma, TextValue colon] } => (comma.Of, colon.Of),
            _ => throw rendering.OfType("tojson with separators that are not two texts"),
        };
    }

    public static TextValue Of(Rendering rendering, Value value, Arguments arguments)
    {
        var json = new JsonText(rendering, arguments);
        json.Write(value, 1);
        return new TextValue(json._written.ToString());
    }

    private void Write(Value value, int depth)
    {
        _rendering.Step();
        _rendering.Enter();
        switch (value)
        {
            case NoneValue: Append("null"); break;
            case BoolValue flag: Append(flag.Of ? "true" : "false"); break;
            case IntValue number: Append(number.Of.ToString(CultureInfo.InvariantCulture)); break;
            case FloatValue number: Append(ValueText.Of(number.Of) switch { "nan" => "NaN", "inf" => "Infinity", "-inf" => "-Infinity", var text => text }); break;
            case TextValue text: Quote(text.Of); break;
            case SequenceValue { Kind: SequenceKind.List or SequenceKind.Tuple } list:
                Inside('[', list.Items, item => Write(item, depth + 1), ']', depth);
                break;
            case MapValue map:
                var items = _sorted ? map.Items.OrderBy(item => item.Key, Comparer<string>.Create(PythonText.Compare)) : (IEnumerable<KeyValuePair<string, Value>>)map.Items;
                Inside('{', [.. items], item => Member(item, depth), '}', depth);
                break;
            default:
                throw _rendering.OfType($"Object of type {value.Type} is not JSON serializable");
        }
        _rendering.Leave();
    }

    private void Member(KeyValuePair<string, Value> member, int depth)
    {
        Quote(member.Key);
        Append(_colon);
        Write(member.Value, depth + 1);
    }

    private void Inside<T>(char open, IReadOnlyList<T> items, Action<T> write, char close, int depth)
    {
        Append(open.ToString());
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) Append(_comma);
            NewLine(depth);
            write(items[i]);
        }
        if (items.Count > 0) NewLine(depth - 1);
        Append(close.ToString());
    }

    private void NewLine(int depth)
    {
        if (_indent is null) return;
        Append("\n");
        for (var i = 0; i < depth; i++) Append(_indent);
    }

    private void Quote(string text)
    {
        var before = _written.Length;
        _rendering.Characters(text.Length);
        _written.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"' or '\\': _written.Append('\\').Append(c); break;
                case '\n': _written.Append("\\n"); break;
                case '\r': _written.Append("\\r"); break;
                case '\t': _written.Append("\\t"); break;
                case '\b': _written.Append("\\b"); break;
                case '\f': _written.Append("\\f"); break;
                case < ' ': _written.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                case >= '\x7f' when _ascii && c != '\x7f': _written.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: _written.Append(c); break;
            }
        }
        _written.Append('"');
        _rendering.Characters(_written.Length - before - text.Length);
    }

    private void Append(string text)
    {
        _rendering.Characters(text.Length);
        _written.Append(text);
    }
}
