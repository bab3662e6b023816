using System.Collections.Immutable;

namespace Sera.Model.Data.Previews;

/// <summary>A row as a policy will see it.</summary>
/// <param name="Where">File and line, or row.</param>
/// <param name="Note">Why it would be left out or refused, or how it was cut; null where it is used as it is.</param>
/// <param name="Parts">Prompt first; empty where there are no tokens.</param>
public sealed record RowPreview(string Id, string Where, string? Note, ImmutableArray<PartPreview> Parts);

/// <param name="Name">prompt, chosen, rejected or response.</param>
/// <param name="Trained">Whether the loss is of its tokens; the others are only seen.</param>
public sealed record PartPreview(string Name, bool Trained, ImmutableArray<TokenPreview> Tokens);

/// <param name="Text">What it stands for; of a part of a code point the name that the vocabulary gives it.</param>
/// <param name="Special">Whether it is one that texts of users are not made of.</param>
public sealed record TokenPreview(int Id, string Text, bool Special);
