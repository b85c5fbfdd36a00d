const API = 'https://api.trailtalk.example/v2';
const FRAME = 'https://desk.trailtalk.example';
const STAR = '<svg class="star" viewBox="0 0 20 20"><use href="#tt-star"></use></svg>';
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const esc = (text) => String(text ?? '').replace(/[&<>]/g, (c) => ENTITIES[c]);

function photoStrip(review) {
  return review.photos
    .map((p) => `<li><img loading="lazy" src="${API}/photos/${Number(p.id)}" alt="${esc(p.caption)}"></li>`)
    .join('');
}

function authorLine(author) {
  const line = document.createElement('p');
  line.append('by ', author.name);
  if (/^https?:\/\//i.test(author.site)) {
    const link = document.createElement('a');
    link.href = author.site;
    link.rel = 'nofollow ugc';
    link.textContent = 'more of my walks';
    line.append(' · ', link);
  }
  return line;
}

function card(review) {
  const item = document.createElement('article');
  const stars = Math.min(5, Math.max(0, Math.round(Number(review.stars) || 0)));
  item.insertAdjacentHTML('beforeend', `<div class="stars">${STAR.repeat(stars)}</div>`);
  const text = document.createElement('p');
  text.textContent = review.text;
  const strip = document.createElement('ul');
  strip.innerHTML = photoStrip(review);
  item.append(text, strip, authorLine(review.author));
  return item;
}

class ProductReviews extends HTMLElement {
  async connectedCallback() {
    this.token = this.dataset.customerToken;
    this.innerHTML = '<p class="summary"></p><div class="list"></div>';
    window.addEventListener('message', (event) => this.onMessage(event));
    if (this.token) this.openDesk();
    await this.load(new URLSearchParams(location.search).get('tt-about'));
  }

  openDesk() {
    const desk = document.createElement('iframe');
    desk.src = `${FRAME}/write?product=${encodeURIComponent(this.dataset.product)}`;
    this.append(desk);
  }

  onMessage(event) {
    if (!event.origin.startsWith(FRAME)) return;
    if (event.data.type === 'tt:ready') {
      event.source.postMessage({ type: 'tt:customer', token: this.token }, event.origin);
    } else if (event.data.type === 'tt:height') {
      this.querySelector('iframe').height = Number(event.data.height) || 300;
    } else if (event.data.type === 'tt:posted') {
      this.load(null);
    }
  }

  async load(about) {
    const query = new URLSearchParams({ product: this.dataset.product, about: about ?? '' });
    if (this.token) query.set('customer', this.token);
    const reply = await fetch(`${API}/reviews?${query}`);
    const { average, reviews } = await reply.json();
    const summary = this.querySelector('.summary');
    summary.innerHTML = `<b>${Number(average).toFixed(1)}</b> of 5`;
    if (about) {
      summary.innerHTML += `, ${reviews.length} reviews that mention <mark>${about}</mark>`;
    }
    this.querySelector('.list').replaceChildren(...reviews.map(card));
  }
}

customElements.define('product-reviews', ProductReviews);
