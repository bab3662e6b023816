using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Artifacts;

/// <summary>
/// Both ends of a transfer. Reading, writing and hashing are done on a dispatcher of its own; the receiver's demand is what holds the sender back.
/// </summary>
internal sealed class ArtifactStreams(ActorSystem system, ArtifactSettings settings)
{
    public const string Dispatcher = "sera.artifact-dispatcher";

    /// <summary>Silences of a stream are longer than those of an answer: a disk may stop for a while to write.</summary>
    private const int SilenceInAnswers = 4;

    private readonly ActorMaterializer _materializer = ActorMaterializer.Create(
        system, ActorMaterializerSettings.Create(system).WithDispatcher(Dispatcher), "artifacts");

    /// <summary>Offers a file from a byte on to one who subscribes soon.</summary>
    public Task<ISourceRef<byte[]>> OfferAsync(string path, long offset) =>
        Source.UnfoldResource(() => Open(path, offset), Read, file => file.Dispose()).RunWith(StreamRefs.SourceRef<byte[]>(), _materializer);

    /// <summary>Appends what comes until it ends.</summary>
    /// <param name="limit">Bytes beyond which it is not the artifact that was promised.</param>
    /// <param name="appended">Hears the length after each piece, on the stream's thread; an IOException of it counts as one of the disk.</param>
    /// <exception cref="DiskFaultException">This node's disk refused.</exception>
    /// <exception cref="Exception">The other side broke off, or said nothing for too long.</exception>
    public async Task ReceiveAsync(ISourceRef<byte[]> source, PartialArtifact part, long limit, Action<long> appended, CancellationToken stopping)
    {
        var (stop, received) = source.Source
            .IdleTimeout(settings.Answer * SilenceInAnswers)
            .ViaMaterialized(KillSwitches.Single<byte[]>(), Keep.Right)
            .ToMaterialized(Sink.ForEach<byte[]>(Append), Keep.Both)
            .Run(_materializer);
        using var stopped = stopping.Register(() => stop.Abort(new OperationCanceledException(stopping)));
        await received.ConfigureAwait(false);

        void Append(byte[] piece)
        {
            if (part.Length + piece.Length > limit) throw new InvalidDataException($"more than the {limit} bytes that were promised");
            try
            {
                part.Append(piece);
                appended(part.Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DiskFaultException(e);
            }
        }
    }

    private static FileStream Open(string path, long offset)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = offset;
        return file;
    }

    private Option<byte[]> Read(FileStream file)
    {
        var chunk = new byte[settings.ChunkBytes];
        var read = file.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
        return read == 0 ? Option<byte[]>.None : Option<byte[]>.Create(read == chunk.Length ? chunk : chunk[..read]);
    }
}
