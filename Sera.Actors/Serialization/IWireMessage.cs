namespace Sera.Actors.Serialization;

/// <summary>
/// Marks what may cross a wire or enter the journal; binds it to <see cref="SeraSerializer"/>. Each such type has a line in
/// <see cref="Manifests"/> and an approved file of its bytes.
/// </summary>
public interface IWireMessage;
