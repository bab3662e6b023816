using System.Text.Json;

namespace Sera.Model.Data.Sources;

/// <summary>The elements of a JSON array, one after another; the array is never whole in memory.</summary>
internal static class JsonArray
{
    /// <exception cref="SourceException">The array is broken or cut short, an element too long, or the stream damaged.</exception>
    public static IEnumerable<RawRow> Read(ByteWindow window, NextRow next)
    {
        var scan = new Scan();
        for (; ; next.Number++)
        {
            bool found;
            while (!(found = scan.Next(window.Bytes.Span)) && !scan.Ended)
            {
                if (scan.Element < 0) window.Skip(scan.Drop());
                scan.Final = !window.More();
            }
            if (!found) yield break;
            yield return new RawRow(next.Number, window.Bytes[scan.Element..scan.Read]);
            window.Skip(scan.Drop());
        }
    }

    /// <summary>The reader's state between two looks at the window.</summary>
    private sealed class Scan
    {
        private JsonReaderState _state;

        /// <summary>Bytes of the window that were read already.</summary>
        public int Read { get; private set; }

        /// <summary>Where the element that is being read begins; -1 between elements.</summary>
        public int Element { get; private set; } = -1;

        /// <summary>Whether the window holds all that is left.</summary>
        public bool Final { get; set; }

        /// <summary>The array was closed.</summary>
        public bool Ended { get; private set; }

        /// <summary>Reads to the end of the next element, or of the bytes.</summary>
        /// <returns>Whether an element is complete.</returns>
        public bool Next(ReadOnlySpan<byte> bytes)
        {
            var (from, found) = (Read, false);
            var reader = new Utf8JsonReader(bytes[from..], Final, _state);
            try
            {
                while (!found && reader.Read())
                {
                    if (reader.CurrentDepth != 1) continue;
                    if (Element < 0) Element = from + (int)reader.TokenStartIndex;
                    found = reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
                }
            }
            catch (JsonException e)
            {
                throw new SourceException($"broken JSON ({JsonFaults.What(e)})", "a whole JSON array of objects, or one JSON object in a line", "correct or make the file again");
            }
            (_state, Read) = (reader.CurrentState, from + (int)reader.BytesConsumed);
            Ended = !found && Final;
            return found;
        }

        /// <summary>What was read is done with.</summary>
        /// <returns>Bytes to take off the window.</returns>
        public int Drop()
        {
            var read = Read;
            (Read, Element) = (0, -1);
            return read;
        }
    }
}
