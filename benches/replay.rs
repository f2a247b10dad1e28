//! Steps a second that are replayed: the reference in this process, and its servers over HTTP.
//!
//! The servers are this very program: started with `serve`, it is authloom.

use std::hint::black_box;
use std::process::ExitCode;

use authloom::cover::{KindOptions, every_kind};
use authloom::drive::{Verdict, drive};
use authloom::explore::Graph;
use authloom::servers::reference::over_http::Http;
use authloom::servers::{Reference, Target};
use authloom_benches::{graph, spec, way};
use authloom_model::Spec;
use criterion::{Criterion, Throughput};

fn replay(target: &mut dyn Target, spec: &Spec, graph: &Graph, traces: &[Vec<u32>]) -> usize {
    let mut steps = 0;
    for trace in traces {
        let driven = drive(target, spec, way(spec, graph, trace));
        assert_eq!(driven.verdict, Verdict::Conforms);
        steps += driven.steps;
    }
    steps
}

fn bench(criterion: &mut Criterion) {
    let spec = spec("default");
    let graph = graph(&spec);
    let traces = every_kind(&graph, KindOptions::default()).traces;
    let steps = traces.iter().map(|trace| trace.len() as u64).sum();
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10).throughput(Throughput::Elements(steps));
    let mut reference = Reference::new(&spec).expect("the reference can be set up");
    group.bench_function("reference", |bencher| {
        bencher.iter(|| black_box(replay(&mut reference, &spec, &graph, &traces)));
    });
    let program = std::env::current_exe().expect("a program knows where it is");
    let mut http = Http::start(&spec, &program).expect("the servers can be started");
    group.bench_function("http", |bencher| {
        bencher.iter(|| black_box(replay(&mut http, &spec, &graph, &traces)));
    });
    group.finish();
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return authloom::cli::main();
    }
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}
