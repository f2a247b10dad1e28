//! Steps a second that are covered: every step at the least cost, and every kind of step.

use std::hint::black_box;

use authloom::cover::{KindOptions, StepOptions, every_kind, every_step};
use authloom_benches::{SCOPES, graph, spec};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn cover(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cover");
    group.sample_size(10);
    for (name, scope) in &SCOPES[..2] {
        let graph = graph(&spec(scope));
        group.throughput(Throughput::Elements(u64::from(graph.steps())));
        group.bench_function(BenchmarkId::new("steps", name), |bencher| {
            bencher.iter(|| black_box(every_step(&graph, StepOptions::default())));
        });
        group.bench_function(BenchmarkId::new("kinds", name), |bencher| {
            bencher.iter(|| black_box(every_kind(&graph, KindOptions::default())));
        });
    }
    group.finish();
}

criterion_group!(benches, cover);
criterion_main!(benches);
