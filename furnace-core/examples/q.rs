//! q
use furnace_core::*;
use std::time::Instant;
fn med(v: &mut Vec<f64>) -> f64 { v.sort_by(|a,b| a.partial_cmp(b).unwrap()); v[v.len()/2] }
fn main() {
    let root = std::env::args().nth(1).unwrap();
    let b = { let mut b = Container::builder(&root); b.tmpfiles(false).resolv_conf(std::env::var_os("RC").is_some()); b };
    let (mut s, mut r, mut t) = (vec![], vec![], vec![]);
    for i in 0..205 {
        let a = Instant::now();
        let c = b.start().unwrap();
        let x = Instant::now();
        c.command("/bin/true").status().unwrap();
        let y = Instant::now();
        if i == 0 { let pid = c.id(); for p in [pid, pid - 1] { println!("{} {:?}", p, std::fs::read_to_string(format!("/proc/{p}/status")).unwrap().lines().filter(|l| l.starts_with("VmRSS")||l.starts_with("Name")||l.starts_with("Rss")).collect::<Vec<_>>()); } }
        let y2 = Instant::now();
        c.stop().unwrap();
        let z = Instant::now();
        if i >= 5 { s.push((x-a).as_secs_f64()*1e3); r.push((y-x).as_secs_f64()*1e3); t.push((z-y2).as_secs_f64()*1e3); }
    }
    println!("start {:.4} run {:.4} stop {:.4}", med(&mut s), med(&mut r), med(&mut t));
}
