//! Keyword matching: what a message costs with ten keywords and with ten thousand.

use std::time::Instant;

use platform::{
    Clock, Db,
    db::{Options, Reactors, Target, migrate},
    fold, params, sql,
};
use support::routing::Matcher;

const MESSAGES: &[&str] = &[
    "Em muốn hỏi giá sản phẩm này ạ, bên mình còn khuyến mãi không?",
    "Máy lọc nước mới mua bị lỗi, đèn đỏ nháy liên tục, em đã tắt bật lại rồi vẫn không hoạt động ạ",
    "Hi, do you ship to Da Nang? What is the price of the blender? I would like to buy two of them.",
];
const ROUNDS: usize = 200_000;

pub fn run() -> crate::Outcome {
    let few = time(10)?;
    let many = time(10_000)?;
    println!(
        "| keywords | µs per message |\n|---|---|\n| 10 | {few:.2} |\n| 10 000 | {many:.2} |\nratio {:.2} (limit 2)",
        many / few
    );
    Ok(())
}

fn time(count: usize) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(
        &Options::new(Target::Sqlite(folder.path().join("k.db"))),
        Clock::system(),
        Reactors::default(),
    )?;
    migrate::run(&db, frontdesk::migrations::ALL)?;
    db.write_now(move |tx| {
        let real = ["giá", "khuyến mãi", "lỗi", "không hoạt động", "price", "buy", "mua hàng", "bảo hành", "đổi trả", "ship"];
        for n in 0..count {
            let word = match real.get(n) {
                Some(word) => (*word).to_owned(),
                // Words that share beginnings with the messages' words, so that the automaton has to follow them.
                None => format!("{}{n} mã{}", real[n % real.len()], n % 97),
            };
            tx.exec(
                sql!("INSERT INTO keywords (word, lowered, folded, priority, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, 1, TRUE, 0, 0, 1)"),
                params![&word, fold::lower(&word), fold::fold(&word)],
            )?;
        }
        Ok(())
    })?;
    let matcher = db.read_now(Matcher::load)?;
    let mut best = f64::MAX;
    for _ in 0..3 {
        let (start, mut found) = (Instant::now(), 0);
        for n in 0..ROUNDS {
            found += matcher.find(MESSAGES[n % MESSAGES.len()]).keywords.len();
        }
        assert!(found > ROUNDS, "the keywords are not found");
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / ROUNDS as f64);
    }
    Ok(best)
}
