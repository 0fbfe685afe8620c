"""What tests of the job table do in one line: enter, report, finish."""

from stylekit.jobs import Job, Status

LEASE = 30.0


def a_job(id="a", **values):
    told = {"owner": "ann", "engine": "gatys", "content_key": "c.jpg", "style_key": "s.jpg"}
    return Job(id=id, **(told | values))


def create(jobs, job):
    return jobs.enter(job)[0]


def place_in_line(jobs, id):
    place = jobs.queues.of(jobs.get(id).engine).positions.get(id)
    return place and place.number


def report(jobs, job, fraction=0.5):
    return jobs.claims.report(
        job.id,
        job.fence,
        fraction=fraction,
        eta_seconds=4.5,
        stage="192 px",
        preview_version=2,
        lease_seconds=LEASE,
    )


def finished(jobs, id, **values):
    create(jobs, a_job(id, **values))
    mine = jobs.claims.claim(id, lease_seconds=LEASE)
    return jobs.claims.finish(id, mine.fence, Status.DONE, result_key=f"{id}.png")
