import queue
import threading

events = queue.Queue()


def worker(store):
    while True:
        batch = [events.get() for _ in range(100)]
        store.write(batch)


def start(store):
    threading.Thread(target=worker, args=(store,), daemon=True).start()
