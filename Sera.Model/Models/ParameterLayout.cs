using System.Collections.Immutable;

namespace Sera.Model.Models;

/// <summary>A tensor inside a flat buffer of parameters.</summary>
/// <param name="Name">The name the checkpoint file gives it.</param>
/// <param name="Offset">First element in the buffer, counted in parameters.</param>
public sealed record NamedParameter(string Name, long Offset, ImmutableArray<long> Shape)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>How files hold it; null where they hold it as the buffer does.</summary>
    public StoredForm? Form { get; init; }

    /// <summary>Another name that files may give it; null where there is none.</summary>
    public string? Alias { get; init; }

    /// <summary>Its shape in files.</summary>
    public ImmutableArray<long> ShapeInFile => Form?.ShapeInFile(Shape) ?? Shape;
}

/// <summary>
/// Where every parameter of a model lies in one flat buffer: matrices first, then vectors, so that weight decay is one
/// <c>narrow(0, 0, MatrixLength)</c>. A block is what one matrix product reads (the projections of query, key and value are one block of
/// stacked rows), or the vectors that it adds; each block holds one or more named parameters. Blocks start at multiples of 16 elements (64 bytes); the gaps stay zero.
/// </summary>
public sealed class ParameterLayout
{
    private const long Alignment = 16;

    private readonly Dictionary<string, NamedParameter> _byName;
    private readonly Dictionary<string, NamedParameter> _blocks;

    private ParameterLayout(ImmutableArray<NamedParameter> parameters, ImmutableArray<NamedParameter> blocks, long matrixLength, long length)
    {
        (Parameters, Blocks, MatrixLength, Length) = (parameters, blocks, matrixLength, length);
        _byName = parameters.ToDictionary(p => p.Name);
        foreach (var parameter in parameters.Where(p => p.Alias is not null)) _byName.Add(parameter.Alias!, parameter);
        _blocks = blocks.ToDictionary(b => b.Name);
    }

    /// <summary>In the order of the buffer, under the names of the checkpoint file.</summary>
    public ImmutableArray<NamedParameter> Parameters { get; }

    /// <summary>In the order of the buffer; together they cover all parameters.</summary>
    public ImmutableArray<NamedParameter> Blocks { get; }

    /// <summary>Elements of the buffer that belong to matrices (and their alignment gaps).</summary>
    public long MatrixLength { get; }

    /// <summary>Elements of the buffer.</summary>
    public long Length { get; }

    /// <summary>Parameters without the gaps.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Count);

    public NamedParameter this[string name] => _byName[name];

    /// <summary>By its name or its alias.</summary>
    public bool TryGet(string name, out NamedParameter parameter) => _byName.TryGetValue(name, out parameter!);

    public NamedParameter Block(string name) => _blocks[name];

    /// <summary>Collects blocks; matrices and vectors may come in any order.</summary>
    public sealed class Builder
    {
        private readonly List<(string Block, (string Name, long[] Shape)[] Parts)> _matrices = [];
        private readonly List<(string Block, (string Name, long Size)[] Parts)> _vectors = [];

        private readonly Dictionary<string, StoredForm> _forms = [];
        private Func<string, string?> _alias = _ => null;

        /// <summary>Says that files hold a parameter in another form.</summary>
        public Builder Stored(string parameter, StoredForm? form)
        {
            if (form is not null) _forms.Add(parameter, form);
            return this;
        }

        /// <param name="alias">The other name of a parameter, by its name; null where it has none.</param>
        public Builder Aliased(Func<string, string?> alias)
        {
            _alias = alias;
            return this;
        }

        /// <summary>Matrices of equal width whose rows are stacked into one block.</summary>
        public Builder Matrix(string block, params (string Name, long[] Shape)[] parts)
        {
            if (parts.Any(p => p.Shape.Length != 2 || p.Shape[1] != parts[0].Shape[1]))
                throw new ArgumentException($"the parts of block {block} do not stack", nameof(parts));
            _matrices.Add((block, parts));
            return this;
        }

        public Builder Vector(string name, long size)
        {
            return Vectors(name, (name, size));
        }

        /// <summary>Vectors that follow each other in one block.</summary>
        public Builder Vectors(string block, params (string Name, long Size)[] parts)
        {
            _vectors.Add((block, parts));
            return this;
        }

        public ParameterLayout Build()
        {
            var parameters = ImmutableArray.CreateBuilder<NamedParameter>();
            var blocks = ImmutableArray.CreateBuilder<NamedParameter>();
            long offset = 0;
            foreach (var (block, parts) in _matrices)
            {
                var start = offset;
                foreach (var (name, shape) in parts)
                {
                    parameters.Add(new NamedParameter(name, offset, [.. shape]));
                    offset += shape[0] * shape[1];
                }
                blocks.Add(new NamedParameter(block, start, [parts.Sum(p => p.Shape[0]), parts[0].Shape[1]]));
                offset = Align(offset);
            }
            var matrixLength = offset;
            foreach (var (block, parts) in _vectors)
            {
                blocks.Add(new NamedParameter(block, offset, [parts.Sum(p => p.Size)]));
                foreach (var (name, size) in parts)
                {
                    parameters.Add(new NamedParameter(name, offset, [size]));
                    offset += size;
                }
                offset = Align(offset);
            }
            for (var i = 0; i < parameters.Count; i++)
                parameters[i] = parameters[i] with { Form = _forms.GetValueOrDefault(parameters[i].Name), Alias = _alias(parameters[i].Name) };
            return new ParameterLayout(parameters.ToImmutable(), blocks.ToImmutable(), matrixLength, offset);
        }

        private static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;
    }
}
