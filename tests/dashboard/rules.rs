//! What the monkey found, step by step.

use jeton::{
    dashboard::{event::Event, job::Job, keymap::Context, modals::Reveal, theme::Theme},
    delivery::Stored,
    token::Token,
    untrusted::Untrusted,
    work::{Completion, RecordsRequest, Reply, Report, Request, WorkError},
};

use super::{
    canvas::{Canvas, text},
    rng::Rng,
    server::Server,
    world::World,
};

/// An account of twelve tokens with ordinary names, on the screen.
fn world(rng: &mut Rng) -> World {
    let server = Server::new(12, vec!["plain".into()], "2026-05-01T12:00:00Z".parse().unwrap(), rng);
    let mut world = World::new(Theme::colour(), server);
    world.connect();
    world.answer_all(rng);
    world
}

/// Sends off a create and leaves its form.
fn send_create(world: &mut World) {
    world.press_all("n");
    world.type_text("made");
    world.press_all("Tab Space Ctrl-S Esc");
}

/// The answer to the create that was sent first: a secret token.
fn answer_create(world: &mut World, rng: &mut Rng) {
    let is_create = |request: &Request| matches!(request, Request::Create { .. });
    let at = world.pending.iter().position(|(_, request)| is_create(request)).unwrap();
    let (id, Request::Create { draft, .. }) = world.pending[at].clone() else { unreachable!("it was looked for") };
    let created = world.server.create(&draft, true, rng);
    world.know(&created);
    world.happen(Event::Api(Report::Done(Completion { id, result: Ok(Reply::Created(Box::new(created))) })));
}

fn reveals(world: &World) -> Vec<&Reveal> {
    world.app.modals().all().collect()
}

#[test]
fn a_value_that_a_slow_command_stores_is_not_taken_for_the_one_that_lies_over_it_by_then() {
    let rng = &mut Rng::new(1);
    let mut world = world(rng);
    send_create(&mut world);
    send_create(&mut world);
    answer_create(&mut world, rng);
    world.press_all("p Enter");
    let Some(Job::Deliver { to, value, .. }) = world.jobs.pop() else { panic!("no delivery") };
    answer_create(&mut world, rng);
    assert_eq!(reveals(&world).len(), 2);
    let stored = Stored { at: to.read().unwrap(), note: String::new() };
    world.happen(Event::Stored(value, Ok(stored)));
    let stored: Vec<bool> = reveals(&world).iter().map(|reveal| reveal.is_stored()).collect();
    assert_eq!(stored, [true, false], "the one below was stored, the one on top was not");
}

#[test]
fn another_question_on_top_is_no_leave_to_quit_over_a_change() {
    let rng = &mut Rng::new(1);
    let mut world = world(rng);
    send_create(&mut world);
    world.press_all("n");
    world.type_text("lost");
    world.press_all("Esc");
    assert!(world.app.contexts().contains(&Context::Question), "whether to leave the form is asked");
    world.press_all("Ctrl-C");
    assert!(!world.is_over, "the create is still on its way");
    world.press_all("Ctrl-C");
    assert!(world.is_over, "it was asked, and Ctrl-C again is a yes");
}

#[test]
fn an_entry_that_is_removed_while_it_is_being_changed_comes_back_as_a_new_one() {
    let rng = &mut Rng::new(1);
    let mut world = world(rng);
    let mut token = Token::clone(&world.server.tokens[1]);
    token.allowed_urls = Some(["a.example.com", "b.example.com"].map(Untrusted::from).to_vec());
    world.server.tokens = vec![world.server.tokens[0].clone(), token.into()];
    world.press_all("r");
    world.answer_all(rng);
    // It is being changed, removed from the list, and taken.
    world.press_all("g j u Enter Tab Tab d Shift-Tab Shift-Tab Enter");
    let screen = text(&Canvas::new(120, 40).draw(&mut world.app));
    assert!(screen.contains("a.example.com") && screen.contains("b.example.com"), "{screen}");
}

#[test]
fn what_cannot_be_put_on_record_is_done_all_the_same() {
    let rng = &mut Rng::new(1);
    let mut world = world(rng);
    world.press_all("j Space Space d Enter");
    world.is_meant = true;
    world.type_text("2");
    world.press_all("Enter");
    let Some((id, Request::Records(RecordsRequest::BeginBatch { op: None, plan }))) = world.pending.pop() else {
        panic!("it is not begun")
    };
    assert_eq!(plan.tokens.len(), 2);
    world.pending.push((id, Request::Records(RecordsRequest::BeginBatch { op: None, plan })));
    let full = WorkError::Records("the disk is full".into());
    world.happen(Event::Api(Report::Done(Completion { id, result: Err(full) })));
    assert!(matches!(world.pending[..], [(_, Request::Delete(_))]), "{:?}", world.pending);
    let screen = text(&Canvas::new(120, 40).draw(&mut world.app));
    assert!(screen.contains("Could not write the journal") && screen.contains("the disk is full"), "{screen}");
    world.answer_all(rng);
    assert!(world.pending.is_empty());
    let screen = text(&Canvas::new(120, 40).draw(&mut world.app));
    assert!(screen.contains("2 done, 0 failed"), "{screen}");
}
