"""Media tasks of the bicycle market: thumbnails, clip posters, and the photo pack of an advert."""
import shutil
import subprocess
import tempfile
from pathlib import Path

from celery import shared_task
from celery.utils.log import get_task_logger

from market.models import Advert, Clip, Photo
from market.storage import bucket

log = get_task_logger(__name__)
MEDIA = Path("/srv/media")
SPOOL = Path("/var/spool/market")
RESERVE_MB = 2048


def spool_has_room():
    free = subprocess.run(
        "df -Pm /var/spool/market | awk 'NR == 2 {print $4}'",
        shell=True, capture_output=True, text=True, check=True)
    return int(free.stdout) > RESERVE_MB


@shared_task
def make_thumbnail(photo_id):
    photo = Photo.objects.get(pk=photo_id)
    source = MEDIA / "photos" / f"{photo.uuid}.jpg"
    target = MEDIA / "thumbs" / f"{photo.uuid}.jpg"
    subprocess.run(
        ["vipsthumbnail", str(source), "--size", "480x360", "-o", f"{target}[Q=80,strip]"],
        check=True, timeout=30)


@shared_task(acks_late=True)
def make_poster(clip_id, moment="00:00:01"):
    """One frame of a clip, at the moment that the seller chose in the player."""
    clip = Clip.objects.get(pk=clip_id)
    source = MEDIA / "clips" / f"{clip.uuid}.mp4"
    poster = MEDIA / "posters" / f"{clip.uuid}.jpg"
    command = (
        f"nice -n 15 ffmpeg -nostdin -loglevel error -y -ss {moment} -i {source}"
        f" -frames:v 1 -vf scale=640:-2 {poster}")
    subprocess.run(command, shell=True, check=True)
    clip.poster_ready = True
    clip.save(update_fields=["poster_ready"])


@shared_task(bind=True, max_retries=5)
def build_photo_pack(self, advert_id):
    """All photos of an advert in full size, under the names that the seller gave them."""
    if not spool_has_room():
        raise self.retry(countdown=300)
    advert = Advert.objects.get(pk=advert_id)
    with tempfile.TemporaryDirectory(dir=SPOOL) as box:
        folder = Path(box) / "photos"
        folder.mkdir()
        names = []
        for photo in advert.photos.order_by("position"):
            name = Path(photo.title).name
            shutil.copyfile(MEDIA / "photos" / f"{photo.uuid}.jpg", folder / name)
            names.append(name)
        archive = Path(box) / "pack.zip"
        subprocess.run(
            ["zip", "-q", str(archive), *names], cwd=folder, check=True, timeout=120)
        key = f"packs/{advert.slug}.zip"
        bucket.upload_file(str(archive), key, ExtraArgs={"ACL": "public-read"})
    advert.pack_key = key
    advert.save(update_fields=["pack_key"])
    log.info("pack of advert %s: %d photos", advert_id, len(names))
