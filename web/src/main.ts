import { mount } from 'svelte';
import './view/base.css';
import App from './view/App.svelte';

mount(App, { target: document.getElementById('app')! });
