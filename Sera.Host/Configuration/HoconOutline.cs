using System.Text;
using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>
/// Where each key of a HOCON text stands. The parser that reads the values gives no positions and forgives unbalanced braces, so this
/// outline finds the line of every key and refuses what the parser would silently bend.
/// </summary>
internal sealed class HoconOutline
{
    private readonly string _file;
    private readonly string _text;
    private readonly bool _blocksInLists;
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private int _at;
    private int _line = 1;

    private HoconOutline(string file, string text, bool blocksInLists) => (_file, _text, _blocksInLists) = (file, text, blocksInLists);

    /// <param name="file">Name used in errors.</param>
    /// <param name="blocksInLists">Whether lists may hold blocks; those of a list stand at list[0], list[1] and so on.</param>
    /// <exception cref="InputException">Braces, brackets or quotes do not balance, a key has no value, or the text includes another file.</exception>
    public static HoconOutline Of(string file, string text, bool blocksInLists = false)
    {
        var outline = new HoconOutline(file, text, blocksInLists);
        outline.ReadFields("", -1);
        return outline;
    }

    /// <summary>Line (from 1) of the last place that sets the dotted path; of its nearest parent where the path itself stands nowhere.</summary>
    public int LineOf(string path)
    {
        while (true)
        {
            if (_lines.TryGetValue(path, out var line)) return line;
            var dot = path.LastIndexOf('.');
            if (dot < 0) return 1;
            path = path[..dot];
        }
    }

    private void ReadFields(string prefix, int openedAt)
    {
        while (true)
        {
            SkipSpace(newLines: true, commas: true);
            if (_at >= _text.Length)
            {
                if (openedAt > 0) throw Error(openedAt, "a '{' that is never closed", "one '}' for every '{'", "add the missing brace");
                return;
            }
            if (_text[_at] == '}')
            {
                if (openedAt < 0) throw Error(_line, "a '}' without its '{'", "one '{' for every '}'", "remove it");
                _at++;
                return;
            }
            ReadField(prefix);
        }
    }

    private void ReadField(string prefix)
    {
        var line = _line;
        var key = ReadKey();
        if (key.StartsWith("include ", StringComparison.Ordinal) || key == "include")
            throw Error(line, "an include", "one self-contained file", "copy the included keys into this file");
        var path = prefix + key;
        _lines[path] = line;
        for (var dot = path.IndexOf('.', prefix.Length); dot >= 0; dot = path.IndexOf('.', dot + 1)) _lines.TryAdd(path[..dot], line);
        SkipSpace(newLines: true, commas: false);
        if (_at < _text.Length && _text[_at] == '{')
        {
            ReadObject(path);
            SkipSpace(newLines: false, commas: false);
            // The parser cannot read it and would say so without a line.
            if (_at < _text.Length && _text[_at] == ',') throw Error(_line, "a ',' after a block", "a new line or a blank", "remove the comma");
            return;
        }
        if (key.Length == 0 || _at >= _text.Length || _text[_at] is not ('=' or ':'))
            throw Error(line, key.Length == 0 ? $"'{Here()}'" : $"'{key}' without a value", "key = value", "write a value after the key");
        _at++;
        ReadValue(path, line);
    }

    private void ReadObject(string path)
    {
        var line = _line;
        _at++;
        ReadFields(path + ".", line);
    }

    private string ReadKey()
    {
        var key = new StringBuilder();
        while (_at < _text.Length && _text[_at] is not ('=' or ':' or '{' or '}' or '\n' or ',' or '[' or ']' or '#') && !AtComment())
        {
            if (_text[_at] == '"') key.Append(ReadQuoted());
            else key.Append(_text[_at++]);
        }
        return key.ToString().Trim();
    }

    private void ReadValue(string path, int keyLine)
    {
        SkipSpace(newLines: false, commas: false);
        var any = false;
        while (_at < _text.Length && _text[_at] is not ('\n' or ',' or '}' or ']') && !AtComment())
        {
            any |= !char.IsWhiteSpace(_text[_at]);
            switch (_text[_at])
            {
                case '"':
                    ReadQuoted();
                    break;
                case '[':
                    ReadArray(path);
                    break;
                case '{':
                    ReadObject(path);
                    break;
                case '$' when _at + 1 < _text.Length && _text[_at + 1] == '{':
                    SkipSubstitution();
                    break;
                default:
                    _at++;
                    break;
            }
        }
        if (!any) throw Error(keyLine, $"'{path}' without a value", "key = value", "write a value after the key, \"\" for an empty one");
        if (_at < _text.Length && _text[_at] == ']') throw Error(_line, "a ']' without its '['", "one '[' for every ']'", "remove it");
    }

    private void ReadArray(string path)
    {
        var (line, blocks) = (_line, 0);
        _at++;
        while (true)
        {
            SkipSpace(newLines: true, commas: true);
            if (_at >= _text.Length || _text[_at] == '}') throw Error(line, "a '[' that is never closed", "one ']' for every '['", "add the missing bracket");
            switch (_text[_at])
            {
                case ']':
                    _at++;
                    return;
                case '[':
                    ReadArray(path);
                    break;
                case '"':
                    ReadQuoted();
                    break;
                case '{' when _blocksInLists:
                    var item = $"{path}[{blocks++}]";
                    _lines[item] = _line;
                    ReadObject(item);
                    break;
                case '{':
                    throw Error(_line, "a block within a list", "a list of plain values", "write the values one after another, separated by commas");
                default:
                    _at++;
                    break;
            }
        }
    }

    private void SkipSubstitution()
    {
        var end = _text.IndexOf('}', _at);
        if (end < 0) throw Error(_line, "a '${' that is never closed", "${path}", "add the missing brace");
        _at = end + 1;
    }

    private string ReadQuoted()
    {
        var line = _line;
        if (string.CompareOrdinal(_text, _at, "\"\"\"", 0, 3) == 0)
        {
            var end = _text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
            if (end < 0) throw Error(line, "a text that is never closed", "\"\"\" at its end", "add the missing quotes");
            var content = _text[(_at + 3)..end];
            _line += content.Count(c => c == '\n');
            _at = end + 3;
            return content;
        }
        var start = ++_at;
        while (_at < _text.Length && _text[_at] != '"' && _text[_at] != '\n') _at += _text[_at] == '\\' ? 2 : 1;
        if (_at >= _text.Length || _text[_at] != '"') throw Error(line, "a text that is never closed", "\" at its end", "add the missing quote");
        return _text[start.._at++];
    }

    private void SkipSpace(bool newLines, bool commas)
    {
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c == '\n')
            {
                if (!newLines) return;
                _line++;
                _at++;
            }
            else if (char.IsWhiteSpace(c) || c == '\uFEFF' || (commas && c == ','))
            {
                _at++;
            }
            else if (AtComment())
            {
                while (_at < _text.Length && _text[_at] != '\n') _at++;
            }
            else
            {
                return;
            }
        }
    }

    private bool AtComment() => _text[_at] == '#' || (_text[_at] == '/' && _at + 1 < _text.Length && _text[_at + 1] == '/');

    private string Here()
    {
        var end = _text.IndexOf('\n', _at);
        return _text[_at..(end < 0 ? _text.Length : end)].Trim();
    }

    private InputException Error(int line, string found, string expected, string remedy) => new(_file, line, found, expected, remedy);
}
