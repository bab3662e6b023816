using Sera.Model.Engine;

namespace Sera.Actors.Hosting;

/// <summary>What a node is made of. None of it changes the result of a run.</summary>
/// <param name="WorkFolder">Where artifacts, index and journal lie; made when it is not there.</param>
/// <param name="Generators">Generation workers; each has an engine and a thread of its own.</param>
/// <param name="Trainers">Training workers; each has one for micro-batches beside it, at work while trainers wait for gradients.</param>
/// <param name="CreateEngine">Called on the thread that will use the engine.</param>
/// <param name="Engine">Of what kind that is.</param>
public sealed record NodeOptions(string WorkFolder, int Generators, int Scorers, int Trainers, Func<IPolicyEngine> CreateEngine, EngineKind Engine = EngineKind.F32);
